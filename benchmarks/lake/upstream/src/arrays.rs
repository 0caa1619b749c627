//! NumPy arrays of float32, as the harness writes them, and the other way round.

use std::fs;

/// The rows of an `.npy` file: version 1, C order, little-endian float32, two dimensions.
pub fn read_npy(path: &str) -> Vec<Vec<f32>> {
    let bytes = fs::read(path).expect(path);
    assert_eq!(&bytes[..8], b"\x93NUMPY\x01\x00", "{path}: not an .npy file of version 1");
    let header_end = 10 + u16::from_le_bytes([bytes[8], bytes[9]]) as usize;
    let header = std::str::from_utf8(&bytes[10..header_end]).expect("header");
    assert!(header.contains("'<f4'") && header.contains("'fortran_order': False"), "{header}");
    let shape = header.split("'shape': (").nth(1).expect("shape");
    let shape = shape.split(')').next().expect("shape");
    let sizes: Vec<usize> = shape.split(", ").map(|size| size.trim().parse().expect("size")).collect();
    let floats: Vec<f32> = bytes[header_end..]
        .chunks_exact(4)
        .map(|four| f32::from_le_bytes(four.try_into().expect("four bytes")))
        .collect();
    assert_eq!(floats.len(), sizes[0] * sizes[1], "{path}: size");
    floats.chunks_exact(sizes[1]).map(<[f32]>::to_vec).collect()
}

/// Private memory in use, after the allocator gave free pages back.
pub fn resident_bytes() -> u64 {
    extern "C" {
        fn malloc_trim(pad: usize) -> i32;
    }
    // SAFETY: a function of the C library without preconditions.
    unsafe { malloc_trim(0) };
    let status = fs::read_to_string("/proc/self/status").expect("/proc/self/status");
    let line = status.lines().find(|line| line.starts_with("RssAnon:")).expect("RssAnon");
    line.split_whitespace().nth(1).expect("kB").parse::<u64>().expect("number") * 1024
}
