//! What happens when a mapped file shrinks, or its disk fails, while the program reads it: the kernel raises SIGBUS, and the
//! handler here names the file and ends the process with exit code 3 instead of a bare crash.
//!
//! A handler may neither allocate nor lock, so each mapped file's message is written out when the file is mapped, and kept in
//! a list whose nodes are never freed, only reused.

use std::path::Path;
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use crate::error::{Error, Place, Result};

/// Exit code of a refused input.
const REFUSED: i32 = 3;

/// One mapped file, as the handler sees it. A free node has length 0.
struct Node {
    start: AtomicUsize,
    length: AtomicUsize,
    message: AtomicPtr<Vec<u8>>,
    next: *const Node,
}

// SAFETY: `next` never changes once the node is in the list, and nodes are never freed.
unsafe impl Sync for Node {}
// SAFETY: as above; everything else in a node is atomic.
unsafe impl Send for Node {}

static NODES: AtomicPtr<Node> = AtomicPtr::new(ptr::null_mut());
static REGISTERING: Mutex<()> = Mutex::new(());
static EARLIER: OnceLock<libc::sigaction> = OnceLock::new();
static WORDS: OnceLock<Words> = OnceLock::new();

/// Turns the error of a lost file into what is written to standard error.
type Words = Box<dyn Fn(&Error) -> String + Send + Sync>;

/// Marks a mapped range until dropped.
#[derive(Debug)]
pub(super) struct Guarded(&'static Node);

impl std::fmt::Debug for Node {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} bytes", self.length.load(Ordering::Relaxed))
    }
}

/// Installs the handler. For the binary, once; `words` says how an error is written.
///
/// # Errors
/// When the operating system refuses the handler.
pub fn install(words: impl Fn(&Error) -> String + Send + Sync + 'static) -> Result<()> {
    let _ = WORDS.set(Box::new(words));
    // SAFETY: both actions are plain data, fully initialised; the handler touches only atomics and calls only functions
    // that POSIX lists as async-signal-safe.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        let mut earlier: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = handle as *const () as usize;
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
        libc::sigemptyset(&raw mut action.sa_mask);
        if libc::sigaction(libc::SIGBUS, &raw const action, &raw mut earlier) != 0 {
            return Err(Error::io("guard against lost files in", "the process", std::io::Error::last_os_error()));
        }
        let _ = EARLIER.set(earlier);
        // A file that outgrows the limit of the process is a write that fails, with a message, and not the end of the process.
        libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
    }
    Ok(())
}

/// Names the file that is mapped at a range, for the handler.
pub(super) fn mark(path: &Path, start: usize, length: usize) -> Guarded {
    let error = Error::input(
        "an input file shrank, or its disk failed, while it was being read",
        Place::file(path),
        "let whoever delivers it write beside and rename into place, and run again; or read it with --io read",
    );
    let message = WORDS.get().map_or_else(|| format!("error: {error}\n"), |words| words(&error));
    let message = Box::into_raw(Box::new(message.into_bytes()));
    let _registering = REGISTERING.lock().unwrap_or_else(PoisonError::into_inner);
    let node = free_node().unwrap_or_else(|| {
        let node = Box::leak(Box::new(Node {
            start: AtomicUsize::new(0),
            length: AtomicUsize::new(0),
            message: AtomicPtr::new(ptr::null_mut()),
            next: NODES.load(Ordering::Acquire),
        }));
        NODES.store(ptr::from_mut(node), Ordering::Release);
        node
    });
    node.start.store(start, Ordering::Relaxed);
    node.message.store(message, Ordering::Relaxed);
    node.length.store(length, Ordering::Release);
    Guarded(node)
}

fn free_node() -> Option<&'static Node> {
    nodes().find(|node| node.length.load(Ordering::Acquire) == 0)
}

fn nodes() -> impl Iterator<Item = &'static Node> {
    let mut next = NODES.load(Ordering::Acquire).cast_const();
    std::iter::from_fn(move || {
        // SAFETY: every pointer in the list is null or a leaked node.
        let node = unsafe { next.as_ref() }?;
        next = node.next;
        Some(node)
    })
}

impl Drop for Guarded {
    fn drop(&mut self) {
        let _registering = REGISTERING.lock().unwrap_or_else(PoisonError::into_inner);
        self.0.length.store(0, Ordering::Release);
        let message = self.0.message.swap(ptr::null_mut(), Ordering::AcqRel);
        if !message.is_null() {
            // SAFETY: made by Box::into_raw in `mark`, and no reader is left: a fault can only be in a range still mapped, and
            // this range is no longer one of those the handler looks at.
            drop(unsafe { Box::from_raw(message) });
        }
    }
}

/// The handler: a fault inside a marked range ends the process with its message; any other goes where it went before.
extern "C" fn handle(_: libc::c_int, info: *mut libc::siginfo_t, _: *mut libc::c_void) {
    // SAFETY: the kernel hands a valid siginfo to a handler installed with SA_SIGINFO.
    let address = unsafe { (*info).si_addr() } as usize;
    for node in nodes() {
        let length = node.length.load(Ordering::Acquire);
        let start = node.start.load(Ordering::Relaxed);
        if length == 0 || address < start || address - start >= length {
            continue;
        }
        // SAFETY: the message lives as long as the node's length is not 0; write and _exit are async-signal-safe.
        unsafe {
            if let Some(message) = node.message.load(Ordering::Acquire).as_ref() {
                libc::write(libc::STDERR_FILENO, message.as_ptr().cast(), message.len());
            }
            libc::_exit(REFUSED);
        }
    }
    // Not ours: with the earlier handler back in place the faulting instruction runs again and meets that one.
    if let Some(earlier) = EARLIER.get() {
        // SAFETY: an action the kernel gave us; sigaction is async-signal-safe.
        unsafe { libc::sigaction(libc::SIGBUS, ptr::from_ref(earlier), ptr::null_mut()) };
    }
}
