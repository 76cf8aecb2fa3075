//! Whole-app stories: see the folder `tests` beside this one.
