//! What memory holds of people stays in memory: the process leaves no core behind when it dies.

/// Forbids a core of this process, whichever way it dies and wherever cores go. For the binary, once.
pub fn no_core() {
    let none = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the limit is plain data that outlives the call; both calls change this process alone and cannot make it unsound.
    // Where one is refused the other still holds, and where both are the run is no less right.
    unsafe {
        libc::setrlimit(libc::RLIMIT_CORE, &raw const none);
        // A handler that cores are piped to does not ask for the limit; it is not called for one that is not dumpable.
        libc::prctl(libc::PR_SET_DUMPABLE, 0, 0, 0, 0);
    }
}
