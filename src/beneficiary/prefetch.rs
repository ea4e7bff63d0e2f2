//! Telling the processor what will be needed soon.

/// Asks for an element of a slice to be brought near; one past the end is asked for in vain.
#[inline]
pub fn prefetch<T>(slice: &[T], at: usize) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: the instruction is a hint that neither reads nor faults, whatever the address; the pointer is made with
        // wrapping arithmetic and never dereferenced.
        unsafe { _mm_prefetch(slice.as_ptr().wrapping_add(at).cast::<i8>(), _MM_HINT_T0) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (slice, at);
}

#[cfg(test)]
mod tests {
    use super::prefetch;

    #[test]
    fn any_place_may_be_asked_for() {
        let some = [1u64; 4];
        for at in [0, 3, 4, 1 << 40, usize::MAX] {
            prefetch(&some, at);
        }
        prefetch::<u8>(&[], 7);
        assert_eq!(some, [1; 4]);
    }
}
