//! Rows put in order: they are large, so small keys are sorted and each row moves once.

/// The rows in order of a key; those of one key keep the order in which they came.
#[must_use]
pub fn by<T: Copy, K: Ord>(rows: &[T], key: impl Fn(&T) -> K) -> Vec<T> {
    let mut keys: Vec<(K, u32)> = rows.iter().enumerate().map(|(at, row)| (key(row), at as u32)).collect();
    if keys.is_sorted() {
        return rows.to_vec();
    }
    keys.sort_unstable();
    keys.iter().map(|(_, at)| rows[*at as usize]).collect()
}

#[cfg(test)]
mod tests {
    use super::by;

    #[test]
    fn rows_of_one_key_keep_their_order() {
        let rows = [(2, 'a'), (1, 'b'), (2, 'c'), (1, 'd')];
        assert_eq!(by(&rows, |row| row.0), [(1, 'b'), (1, 'd'), (2, 'a'), (2, 'c')]);
        assert_eq!(by(&[(1, 'x'), (1, 'a')], |row| row.0), [(1, 'x'), (1, 'a')]);
    }
}
