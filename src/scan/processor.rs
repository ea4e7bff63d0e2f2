//! Loops over rows compiled twice: for every processor of the architecture, and for the instructions that nearly all have.

/// Whether this processor has what `for_newer_processors` compiles for.
#[cfg(target_arch = "x86_64")]
#[inline]
pub fn is_newer() -> bool {
    // The answers are remembered by the standard library.
    std::arch::is_x86_feature_detected!("avx2")
        && std::arch::is_x86_feature_detected!("bmi1")
        && std::arch::is_x86_feature_detected!("bmi2")
        && std::arch::is_x86_feature_detected!("lzcnt")
        && std::arch::is_x86_feature_detected!("popcnt")
}

/// Makes a function that calls another, which must be inlined always, compiled for the processor at hand.
#[macro_export]
macro_rules! for_newer_processors {
    ($(#[$meta:meta])* $vis:vis fn $name:ident $(<$kind:ident: $bound:path>)? ($($arg:ident: $type:ty),* $(,)?) $(-> $result:ty)? = $body:path;) => {
        $(#[$meta])*
        $vis fn $name $(<$kind: $bound>)? ($($arg: $type),*) $(-> $result)? {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
                fn newer $(<$kind: $bound>)? ($($arg: $type),*) $(-> $result)? {
                    $body($($arg),*)
                }
                if $crate::scan::is_newer() {
                    // SAFETY: the processor was just asked for every feature that the function is compiled for.
                    return unsafe { newer($($arg),*) };
                }
            }
            $body($($arg),*)
        }
    };
}

#[cfg(test)]
mod tests {
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "as the macro asks")]
    fn adds_up(some: &[i64], into: &mut i64) -> u32 {
        *into += some.iter().sum::<i64>();
        some.iter().map(|value| value.count_ones()).sum()
    }

    for_newer_processors! {
        fn compiled_twice(some: &[i64], into: &mut i64) -> u32 = adds_up;
    }

    #[test]
    fn both_ways_give_the_same() {
        let some: Vec<i64> = (0..1_000).map(|value| value * 7_919 - 40_000).collect();
        let (mut one, mut other) = (1, 1);
        assert_eq!(compiled_twice(&some, &mut one), adds_up(&some, &mut other));
        assert_eq!(one, other);
    }
}
