//! The plan of a run, its manifest and its progress.
