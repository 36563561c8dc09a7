//! Which WASI a component is built for, as its imports and exports say.

use wasmparser::{Parser, Payload};

/// A release of WASI, as far as it matters to an engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wasi {
    /// 0.2, or none.
    P2,
    /// 0.3: functions of one instance may wait at the same time.
    P3,
}

impl Wasi {
    /// Reads names and checks nothing: a file that is damaged is found out when it is compiled.
    pub(crate) fn of(component: &[u8]) -> Self {
        let mut payloads = Parser::new(0).parse_all(component).map_while(Result::ok);
        if payloads.any(|payload| names_0_3(&payload)) {
            Self::P3
        } else {
            Self::P2
        }
    }
}

fn names_0_3(payload: &Payload<'_>) -> bool {
    if let Payload::ComponentImportSection(imports) = payload {
        let mut imports = imports.clone().into_iter().flatten();
        imports.any(|import| is_of_0_3(import.name.name))
    } else if let Payload::ComponentExportSection(exports) = payload {
        let mut exports = exports.clone().into_iter().flatten();
        exports.any(|export| is_of_0_3(export.name.name))
    } else {
        false
    }
}

/// The function of `spin:variables` is asynchronous, too.
fn is_of_0_3(name: &str) -> bool {
    name.starts_with("wasi:") && name.contains("@0.3.") || name == "spin:variables/variables@3.0.0"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_name_of_0_3_decides_wherever_it_stands() {
        for (wat, want) in [
            ("(component)", Wasi::P2),
            (
                r#"(component (import "wasi:cli/exit@0.2.6" (instance)))"#,
                Wasi::P2,
            ),
            (
                r#"(component (import "spin:variables/variables@3.0.0" (instance)))"#,
                Wasi::P3,
            ),
            (
                r#"(component (import "other:cli/exit@0.3.0" (instance)))"#,
                Wasi::P2,
            ),
            (
                r#"(component (import "wasi:cli/exit@0.2.6" (instance)) (import "wasi:cli/stdout@0.3.1" (instance)))"#,
                Wasi::P3,
            ),
            (
                r#"(component (instance $i) (export "wasi:http/handler@0.3.0-rc-2026-01-06" (instance $i)))"#,
                Wasi::P3,
            ),
            (
                r#"(component (component (import "wasi:cli/stdout@0.3.0" (instance))))"#,
                Wasi::P3,
            ),
        ] {
            let bytes = wat::parse_str(wat).unwrap();
            assert_eq!(Wasi::of(&bytes), want, "{wat}");
            assert_eq!(Wasi::of(&bytes[..4]), Wasi::P2, "cut short");
        }
    }
}
