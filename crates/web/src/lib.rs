//! HTTP only: pages call one service each and choose the next page.
