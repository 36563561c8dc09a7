//! Generates the client and the server of the service `test.Counter`, as tonic's users do from a `.proto` file.

use tonic_build::manual::{Builder, Method, Service};

fn main() {
    let method = |name: &str, route: &str, input: &str| {
        Method::builder()
            .name(name)
            .route_name(route)
            .input_type(input)
            .output_type("crate::Number")
            .codec_path("tonic_prost::ProstCodec")
    };
    let service = Service::builder()
        .name("Counter")
        .package("test")
        .method(method("double", "Double", "crate::Number").build())
        .method(
            method("count", "Count", "crate::Number")
                .server_streaming()
                .build(),
        )
        .build();
    Builder::new().compile(&[service]);
}
