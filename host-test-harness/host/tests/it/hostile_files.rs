//! Damaged and malicious files are errors, never panics.

use spin_harness::{ErrorKind, World, componentize, inspect};

use crate::componentize::{REACTOR, check_error, rust_core, wat};

#[test]
fn cut_and_random_files_do_not_panic() {
    let core = std::fs::read(rust_core()).unwrap();
    let component = componentize(&core, &World::FromModule).unwrap();
    for file in [&core, &component] {
        for end in (0..file.len()).step_by(1024) {
            let cut = &file[..end];
            // A cut between two sections may leave a valid module.
            let is_valid = wasmparser::validate(cut).is_ok();
            let componentized = componentize(cut, &World::FromModule);
            assert!(is_valid || componentized.is_err(), "{end} bytes");
            assert_eq!(inspect(cut).is_ok(), is_valid, "{end} bytes");
        }
    }
    for section in 0..=20_u8 {
        let mut empty_section = b"\0asm\x01\0\0\0".to_vec();
        empty_section.extend([section, 0]);
        drop(componentize(&empty_section, &World::FromModule));
        drop(inspect(&empty_section));
    }
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for _ in 0..200 {
        let mut bytes: Vec<u8> = (0..512).map(|_| random.byte()).collect();
        drop(inspect(&bytes));
        bytes[..8].copy_from_slice(b"\0asm\x01\0\0\0");
        drop(componentize(&bytes, &World::FromModule));
        drop(inspect(&bytes));
    }
}

#[test]
fn a_malformed_embedded_world_is_an_error() {
    for embedded in [
        "(component)",
        "(component (type (component)) (export \"w\" (type 0)))",
        "(component (type (func)) (export \"w\" (type 0)))",
        "(component (type (component (export \"a:b/c\" (instance)))) (export \"w\" (type 0)))",
        "(module)",
    ] {
        let core = with_custom_section(wat(REACTOR), b"component-type", &wat(embedded));
        for world in [World::FromModule, World::HttpTrigger] {
            let texts = &["invalid embedded world", "`component-type`"];
            check_error(&core, &world, ErrorKind::InvalidModule, texts);
        }
        assert_eq!(inspect(&core).unwrap().bytes, core.len() as u64);
    }
    let core = with_custom_section(wat(REACTOR), b"component-type", b"");
    let texts = &["invalid embedded world"];
    check_error(&core, &World::FromModule, ErrorKind::InvalidModule, texts);
}

/// Appends a custom section of less than 128 bytes.
fn with_custom_section(mut module: Vec<u8>, name: &[u8], data: &[u8]) -> Vec<u8> {
    let length = |bytes: usize| {
        u8::try_from(bytes)
            .ok()
            .filter(|&length| length < 128)
            .unwrap()
    };
    module.extend([0, length(1 + name.len() + data.len()), length(name.len())]);
    module.extend_from_slice(name);
    module.extend_from_slice(data);
    module
}

#[test]
fn a_mutated_embedded_world_does_not_panic() {
    let core = std::fs::read(rust_core()).unwrap();
    let name = b"component-type";
    let mut sections = core.windows(name.len());
    let start = sections.position(|bytes| bytes == name).unwrap();
    let mut random = Random(1);
    for _ in 0..400 {
        let mut mutated = core.clone();
        for _ in 0..1 + random.below(4) {
            let at = start + random.below(mutated.len() - start);
            mutated[at] = random.byte();
        }
        drop(componentize(&mutated, &World::FromModule));
    }
}

/// Xorshift, so that every run has the same bytes.
struct Random(u64);

impl Random {
    fn byte(&mut self) -> u8 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.to_le_bytes()[3]
    }

    fn below(&mut self, end: usize) -> usize {
        let bytes = [self.byte(), self.byte(), self.byte(), 0];
        u32::from_le_bytes(bytes) as usize % end
    }
}
