//! The verbs: one function is one intention of a person, in one transaction.
