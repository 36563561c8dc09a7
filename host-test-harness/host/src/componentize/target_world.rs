//! The world that a core module has to fit: built in, read from a folder, or embedded in the module.

use std::path::Path;

use wit_parser::{Resolve, SourceMap, UnresolvedPackageGroup, WorldId, WorldKey};

use crate::componentize::decoder_panic::panic_to_error;
use crate::componentize::module_signature::ModuleSignature;
use crate::componentize::world::World;
use crate::{Error, ErrorKind};
use outbound_policy::display::printable;

/// The repository's WIT by package, compiled in so that the installed command needs no other file. The last package of
/// each has the worlds `http-trigger` and `command`.
const SPIN: &[Package] = &[
    &[
        (
            "http-types.wit",
            include_str!("../../wit/deps/fermyon-spin/http-types.wit"),
        ),
        (
            "http.wit",
            include_str!("../../wit/deps/fermyon-spin/http.wit"),
        ),
        (
            "inbound-http.wit",
            include_str!("../../wit/deps/fermyon-spin/inbound-http.wit"),
        ),
    ],
    &[VARIABLES],
    &[("worlds.wit", include_str!("../../wit/worlds.wit"))],
    &[(
        "build/worlds.wit",
        include_str!("../../wit/build/worlds.wit"),
    )],
];
const WASI: &[Package] = &[
    &[("io.wit", include_str!("../../wit/deps/wasi-io/io.wit"))],
    &[(
        "clocks.wit",
        include_str!("../../wit/deps/wasi-clocks/clocks.wit"),
    )],
    &[(
        "http.wit",
        include_str!("../../wit/deps/wasi-http/http.wit"),
    )],
    &[VARIABLES],
    &[("wasi/worlds.wit", include_str!("../../wit/wasi/worlds.wit"))],
    &[(
        "build-wasi/worlds.wit",
        include_str!("../../wit/build-wasi/worlds.wit"),
    )],
];
const VARIABLES: (&str, &str) = (
    "variables.wit",
    include_str!("../../wit/deps/fermyon-spin-2/variables.wit"),
);

/// The files of a WIT package: names and texts.
type Package = &'static [(&'static str, &'static str)];

/// A world with the definitions of everything that it names.
pub(super) struct TargetWorld {
    pub(super) resolve: Resolve,
    pub(super) id: WorldId,
    /// Whether the module embeds it.
    pub(super) is_embedded: bool,
}

impl TargetWorld {
    /// The world that the module embeds, otherwise the requested one. A built-in world has the interfaces of WASI if the
    /// module uses `wasi:http`, and those of Spin otherwise.
    pub(super) fn of(
        core: &[u8],
        module: &ModuleSignature<'_>,
        world: &World,
    ) -> Result<Self, Error> {
        let packages = if module.uses("wasi:http/") {
            WASI
        } else {
            SPIN
        };
        let requested = match world {
            World::FromModule => None,
            World::HttpTrigger => Some(built_in(packages, "http-trigger")),
            World::Command => Some(built_in(packages, "command")),
            World::Package { path, world } => Some(from_package(path, world.as_deref())?),
        };
        if let Some(embedded) = embedded(core)? {
            if let Some(requested) = requested {
                embedded.check_exports(&requested)?;
            }
            return Ok(embedded);
        }
        Ok(requested.unwrap_or_else(|| {
            let name = if module.is_program() {
                "command"
            } else {
                "http-trigger"
            };
            built_in(packages, name)
        }))
    }

    pub(super) fn world(&self) -> &wit_parser::World {
        let world = self.resolve.worlds.get(self.id);
        world.expect("the id comes from this resolve, which never changes")
    }

    /// The world's name in messages.
    pub(super) fn title(&self) -> String {
        if self.is_embedded {
            "the world that it embeds".to_owned()
        } else {
            format!("the world `{}`", self.world().name)
        }
    }

    /// Fails unless the requested world has the same exports as this one, which the module embeds.
    fn check_exports(&self, requested: &Self) -> Result<(), Error> {
        let (embedded_exports, requested_exports) = (self.exports(), requested.exports());
        if embedded_exports == requested_exports {
            return Ok(());
        }
        let message = format!(
            "the core module embeds a world that exports {}, but {} exports {}; omit the world to use the embedded one",
            list(&embedded_exports),
            requested.title(),
            list(&requested_exports)
        );
        Err(Error::new(ErrorKind::InvalidOption, printable(&message)))
    }

    fn exports(&self) -> Vec<String> {
        let exports = self.world().exports.keys();
        let mut names: Vec<String> = exports.map(|key| self.name_of(key)).collect();
        names.sort();
        names
    }

    fn name_of(&self, key: &WorldKey) -> String {
        self.resolve.name_world_key(key)
    }
}

fn list(names: &[String]) -> String {
    if names.is_empty() {
        return "nothing".to_owned();
    }
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

/// A world of the last package.
fn built_in(packages: &[Package], name: &str) -> TargetWorld {
    const VALID: &str = "the built-in WIT is valid, which the tests of its worlds prove";
    let mut resolve = Resolve::default();
    let mut dependencies: Vec<_> = packages.iter().map(|files| parse(files)).collect();
    let worlds = dependencies.pop().expect(VALID);
    let package = resolve.push_groups(worlds, dependencies).expect(VALID);
    let id = resolve.select_world(&[package], Some(name)).expect(VALID);
    TargetWorld {
        resolve,
        id,
        is_embedded: false,
    }
}

fn parse(files: &[(&str, &str)]) -> UnresolvedPackageGroup {
    let mut sources = SourceMap::default();
    for (name, text) in files {
        sources.push_str(name, *text);
    }
    let parsed = sources.parse().map_err(|(_, error)| error);
    parsed.expect("the built-in WIT parses, which the tests of both worlds prove")
}

/// A world of a WIT package on disk.
fn from_package(path: &Path, world: Option<&str>) -> Result<TargetWorld, Error> {
    let invalid = |error: anyhow::Error| {
        let message = format!("invalid WIT in {}: {error:#}", path.display());
        Error::new(ErrorKind::InvalidOption, message)
    };
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_path(path).map_err(invalid)?;
    let id = resolve.select_world(&[package], world).map_err(invalid)?;
    Ok(TargetWorld {
        resolve,
        id,
        is_embedded: false,
    })
}

/// The world that the module embeds, if it embeds one.
fn embedded(core: &[u8]) -> Result<Option<TargetWorld>, Error> {
    let decoded = panic_to_error(|| wit_component::metadata::decode(core));
    let (stripped, bindings) = decoded.map_err(|error| {
        let cause = printable(&format!("{error:#}"));
        let message = format!("invalid embedded world (`component-type` section): {cause}");
        Error::new(ErrorKind::InvalidModule, message)
    })?;
    Ok(stripped.map(|_| TargetWorld {
        resolve: bindings.resolve,
        id: bindings.world,
        is_embedded: true,
    }))
}
