//! Memory that is met in random order: told to the processor before it is needed, and laid out in large pages.

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

/// Bytes from which an array is worth large pages.
const LARGE: usize = 4 << 20;

/// An array of so many copies, on large pages where the system has them and it is large: finding the place of a small page costs
/// as much as what lies there.
pub fn roomy<T: Copy>(count: usize, value: T) -> Vec<T> {
    let mut array = Vec::with_capacity(count);
    #[cfg(target_os = "linux")]
    if count * size_of::<T>() >= LARGE {
        let page = 1 << 12;
        let (first, end) = (array.as_ptr() as usize, array.as_ptr() as usize + count * size_of::<T>());
        let (first, end) = (first.next_multiple_of(page), end / page * page);
        // SAFETY: the range is whole pages of an allocation of this process; the advice changes how they are mapped, not what
        // they hold. It is refused where there are no such pages, which changes nothing.
        unsafe { libc::madvise(std::ptr::without_provenance_mut(first), end - first, libc::MADV_HUGEPAGE) };
    }
    array.resize(count, value);
    array
}

#[cfg(test)]
mod tests {
    use super::{LARGE, prefetch, roomy};

    #[test]
    fn an_array_is_what_was_asked_for_whatever_its_pages() {
        for count in [0, 1, LARGE / 4 - 1, LARGE / 4 + 3] {
            let array = roomy(count, 7u32);
            assert_eq!((array.len(), array.iter().all(|value| *value == 7)), (count, true));
        }
    }

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
