//! The params and results of the methods.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::message::Fields;
use crate::{AppOptions, MocksOptions, ReceivedMessage, RequestMessage, ResponseMessage};

/// The id of a JSON-RPC request.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum Id {
    Number(i64),
    Text(String),
}

/// Params of `initialize`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct InitializeParams {
    /// The version that the client speaks: 1.
    pub(crate) protocol_version: u64,
    /// The client's name and version, for the log.
    #[serde(default)]
    pub(crate) client: String,
}

/// Result of `initialize`.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Initialized {
    /// The version that the harness speaks: 1.
    pub(crate) protocol_version: u64,
    /// The version of the harness, such as `0.2.0`.
    pub(crate) harness_version: &'static str,
}

/// Params of `mocks/create`: the options beside the number.
#[derive(Debug, Deserialize)]
pub(crate) struct CreateMocksParams {
    pub(crate) mocks: u64,
    #[serde(flatten)]
    pub(crate) options: BTreeMap<String, serde_json::Value>,
}

/// Params of `load`: the options beside the number.
#[derive(Debug, Deserialize)]
pub(crate) struct LoadParams {
    #[serde(default)]
    pub(crate) mocks: Option<u64>,
    #[serde(flatten)]
    pub(crate) options: BTreeMap<String, serde_json::Value>,
}

// By hand, since serde cannot refuse unknown fields beside flattened ones: the options are read on their own.
impl JsonSchema for CreateMocksParams {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "CreateMocksParams".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let mut schema = MocksOptions::json_schema(generator);
        add_number(
            &mut schema,
            "The number of the mocks, which the client chooses.",
        );
        schema.insert("required".to_owned(), serde_json::json!(["mocks"]));
        schema
    }
}

impl JsonSchema for LoadParams {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "LoadParams".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let mut schema = AppOptions::json_schema(generator);
        add_number(
            &mut schema,
            "The number of the mocks that answer the outbound calls. Without it, calls go to the network.",
        );
        schema
    }
}

fn add_number(schema: &mut schemars::Schema, description: &str) {
    let number = serde_json::json!({"type": "integer", "minimum": 0, "description": description});
    if let Some(properties) = schema
        .get_mut("properties")
        .and_then(|value| value.as_object_mut())
    {
        properties.insert("mocks".to_owned(), number);
    }
}

/// Params of the methods of mocks.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MocksParams {
    /// The number of the mocks.
    pub(crate) mocks: u64,
}

/// Params of `mocks/expect`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExpectParams {
    /// The number of the mocks.
    pub(crate) mocks: u64,
    /// What a mock file has in its list `mock`, or with `{"callback": N}` as `response`.
    pub(crate) mock: serde_json::Value,
}

/// Result of `mocks/received`.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ReceivedResult {
    /// The requests that arrived so far, in order.
    pub(crate) received: Vec<ReceivedMessage>,
}

/// Result of `mocks/state`.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct StateResult {
    /// The state that the mocks are in.
    pub(crate) state: String,
}

/// Result of `mocks/verify`.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct VerifyResult {
    /// A sentence for each expectation that was not met, and each request that failed because no mock matched it.
    pub(crate) unmet: Vec<String>,
}

/// Result of `load`.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Loaded {
    /// The number of the application.
    pub(crate) app: u64,
    /// The ids of its components.
    pub(crate) components: Vec<String>,
}

/// Params of the methods of an application.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AppParams {
    /// The number of the application.
    pub(crate) app: u64,
}

/// Params of `request`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RequestParams {
    /// The number of the application.
    pub(crate) app: u64,
    pub(crate) request: RequestMessage,
    /// Which bodies come in pieces.
    #[serde(default)]
    pub(crate) streams: Streams,
}

/// Which bodies come in pieces.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Streams {
    /// The request's, by `write`. Defaults to `false`.
    pub(crate) request: bool,
    /// The response's, by `read`. Defaults to `false`.
    pub(crate) response: bool,
}

/// Result of `request`.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct RequestResult {
    pub(crate) response: ResponseMessage,
}

/// Result of `listen`.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Listening {
    /// The base URL, such as `http://127.0.0.1:41763`, without a slash at its end.
    pub(crate) url: String,
}

/// Params of `sweep`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SweepParams {
    /// The number of the application.
    pub(crate) app: u64,
    pub(crate) request: RequestMessage,
}

/// Params of `write`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WriteParams {
    /// The id of the `request`.
    pub(crate) id: Id,
    /// A piece of the body, in base64. Defaults to none.
    #[serde(default)]
    pub(crate) body: String,
    /// Whether the body ends here. Defaults to `false`.
    #[serde(default)]
    pub(crate) end: bool,
    /// Trailer fields, at the end. Defaults to none.
    #[serde(default)]
    pub(crate) trailers: Fields,
}

/// Result of `write`.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Written {
    /// Whether the application can take more. It cannot after `end`, or when it has given up the body.
    pub(crate) open: bool,
}

/// Params of `read`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StreamParams {
    /// The id of the `request`.
    pub(crate) id: Id,
}

/// Result of `read`.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(crate) struct Read {
    /// The next piece of the body, in base64. May be empty at the end.
    pub(crate) body: String,
    /// Whether the body ends here.
    pub(crate) end: bool,
    /// The trailer fields, at the end.
    pub(crate) trailers: Fields,
}

/// Params of `$/cancelRequest`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CancelParams {
    /// The id of the request to cancel.
    pub(crate) id: Id,
}

/// Params of `respond`, which the client answers.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Respond {
    /// The number from the mock.
    pub(crate) callback: u64,
    /// The request.
    pub(crate) request: ReceivedMessage,
}

/// An empty result.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Closed {}
