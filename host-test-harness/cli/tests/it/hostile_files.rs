//! Files that somebody has damaged, or made to harm: errors, and never a panic.

use spin_harness::{ErrorKind, World, componentize, inspect};

use crate::componentize::{REACTOR, check_error, rust_core, wat};
use crate::support::spin_harness;
use test_support::command::ran;

#[test]
fn hostile_bytes_are_errors_and_not_panics() {
    let core = std::fs::read(rust_core()).unwrap();
    let component = componentize(&core, &World::FromModule).unwrap();
    for file in [&core, &component] {
        for end in (0..file.len()).step_by(1024) {
            let cut = &file[..end];
            assert!(
                componentize(cut, &World::FromModule).is_err(),
                "{end} bytes"
            );
            assert!(inspect(cut).is_err(), "{end} bytes");
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
            let texts = &["`component-type`", "cannot be read"];
            check_error(&core, &world, ErrorKind::InvalidModule, texts);
        }
        assert_eq!(inspect(&core).unwrap().bytes, core.len() as u64);
    }
    let core = with_custom_section(wat(REACTOR), b"component-type", b"");
    let texts = &["cannot be read"];
    check_error(&core, &World::FromModule, ErrorKind::InvalidModule, texts);
}

#[test]
fn the_commands_say_what_is_malformed_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hostile.wasm");
    let embedded = wat("(component (type (component)) (export \"w\" (type 0)))");
    let core = with_custom_section(wat("(module)"), b"component-type", &embedded);
    std::fs::write(&path, core).unwrap();
    let output = folder.path().join("out.wasm");
    let refused = ran(spin_harness()
        .arg("componentize")
        .arg(&path)
        .arg("-o")
        .arg(output));
    assert_eq!(refused.code, Some(1));
    let lines: Vec<_> = refused.stderr.lines().collect();
    assert!(
        lines.len() == 1 && lines[0].contains("hostile.wasm"),
        "{lines:?}"
    );
    let inspected = ran(spin_harness().arg("inspect").arg(&path));
    assert_eq!((inspected.code, inspected.stderr.as_str()), (Some(0), ""));
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
fn a_hostile_embedded_world_is_an_error_or_a_component_and_not_a_panic() {
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

/// Xorshift: the same bytes in every run.
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
