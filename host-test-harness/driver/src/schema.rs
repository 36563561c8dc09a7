//! The JSON Schema of the control protocol.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Value, json};

use crate::session::messages::{
    AppParams, CancelParams, Closed, CreateMocksParams, ExpectParams, InitializeParams,
    Initialized, Listening, LoadParams, Loaded, MocksParams, Read, ReceivedResult, RequestParams,
    RequestResult, Respond, StateResult, StreamParams, SweepParams, VerifyResult, WriteParams,
    Written,
};
use crate::{Failure, Report, SweepMessage};

/// The JSON Schema of the messages of the control protocol: `params` and `result` of each method.
#[must_use]
pub fn protocol_schema() -> Value {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let methods = json!({
        "initialize": method::<InitializeParams, Initialized>(&mut generator),
        "mocks/create": method::<CreateMocksParams, Closed>(&mut generator),
        "mocks/expect": method::<ExpectParams, Closed>(&mut generator),
        "mocks/received": method::<MocksParams, ReceivedResult>(&mut generator),
        "mocks/state": method::<MocksParams, StateResult>(&mut generator),
        "mocks/verify": method::<MocksParams, VerifyResult>(&mut generator),
        "mocks/drop": method::<MocksParams, Closed>(&mut generator),
        "load": method::<LoadParams, Loaded>(&mut generator),
        "request": method::<RequestParams, RequestResult>(&mut generator),
        "write": method::<WriteParams, Written>(&mut generator),
        "read": method::<StreamParams, Read>(&mut generator),
        "listen": method::<AppParams, Listening>(&mut generator),
        "sweep": method::<SweepParams, SweepMessage>(&mut generator),
        "report": method::<AppParams, Report>(&mut generator),
        "close": method::<AppParams, Closed>(&mut generator),
        "$/cancelRequest": { "params": generator.subschema_for::<CancelParams>() },
        "respond": {
            "params": generator.subschema_for::<Respond>(),
            "result": generator.subschema_for::<spin_harness::mocks::MockResponse>(),
        },
    });
    let failure = generator.subschema_for::<Failure>();
    let definitions = generator.take_definitions(true);
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "The control protocol of spin-harness",
        "description": "`methods` has the schema of `params` and `result` of each method, and `failure` that of the \
            `data` of an error with the code -32000.",
        "methods": methods,
        "failure": failure,
        "$defs": definitions,
    })
}

fn method<P: JsonSchema, R: JsonSchema>(generator: &mut SchemaGenerator) -> Value {
    json!({
        "params": generator.subschema_for::<P>(),
        "result": generator.subschema_for::<R>(),
    })
}
