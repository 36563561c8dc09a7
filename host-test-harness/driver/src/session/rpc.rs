//! The envelope of the messages: JSON-RPC 2.0.

use serde::Serialize;
use serde_json::{Value, json};

use super::messages::Id;
use crate::Failure;

/// A message of the client.
pub(super) enum Incoming {
    Request {
        id: Id,
        method: String,
        params: Value,
    },
    Notification {
        method: String,
        params: Value,
    },
    /// The result of a request of the harness, or the error's message.
    Reply {
        id: Id,
        result: Result<Value, String>,
    },
}

/// Why a request has no result.
#[derive(Debug)]
pub(super) enum RpcError {
    /// The line is not JSON.
    Parse(String),
    /// It is JSON, but no message, or it comes out of order.
    InvalidRequest(String),
    UnknownMethod(String),
    InvalidParams(String),
    Failed(Failure),
    Cancelled,
}

impl From<Failure> for RpcError {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl RpcError {
    fn to_json(&self) -> Value {
        let (code, message) = match self {
            Self::Parse(message) => (-32700, message.clone()),
            Self::InvalidRequest(message) => (-32600, message.clone()),
            Self::UnknownMethod(method) => (-32601, format!("unknown method `{method}`")),
            Self::InvalidParams(message) => (-32602, message.clone()),
            Self::Failed(failure) => {
                return json!({ "code": -32000, "message": failure.message, "data": failure });
            }
            Self::Cancelled => (-32800, "the client cancelled the request".to_owned()),
        };
        json!({ "code": code, "message": message })
    }
}

impl Incoming {
    /// Reads a message. An error comes with the id of the request, if it has one.
    pub(super) fn parse(line: &str) -> Result<Self, (Option<Id>, RpcError)> {
        let message: Value = serde_json::from_str(line).map_err(|error| {
            (
                None,
                RpcError::Parse(format!("the message is not JSON: {error}")),
            )
        })?;
        let Value::Object(mut message) = message else {
            let error = "a message is one JSON object; batches are not supported";
            return Err((None, RpcError::InvalidRequest(error.to_owned())));
        };
        let id: Option<Id> = match message.remove("id") {
            None => None,
            Some(id) => Some(serde_json::from_value(id).map_err(|_error| {
                let error = "`id` is not an integer or a string";
                (None, RpcError::InvalidRequest(error.to_owned()))
            })?),
        };
        let invalid =
            |id: Option<Id>, error: &str| Err((id, RpcError::InvalidRequest(error.to_owned())));
        if message.get("jsonrpc").and_then(Value::as_str) != Some("2.0") {
            return invalid(id, "`jsonrpc` is not \"2.0\"");
        }
        let params = message.remove("params").unwrap_or_else(|| json!({}));
        match (message.remove("method"), id) {
            (Some(Value::String(method)), Some(id)) => Ok(Self::Request { id, method, params }),
            (Some(Value::String(method)), None) => Ok(Self::Notification { method, params }),
            (Some(_), id) => invalid(id, "`method` is not a string"),
            (None, None) => invalid(None, "a message has `method` or `id`"),
            (None, Some(id)) => match (message.remove("result"), message.remove("error")) {
                (Some(result), None) => Ok(Self::Reply {
                    id,
                    result: Ok(result),
                }),
                (None, Some(error)) => {
                    let message = error.get("message").and_then(Value::as_str);
                    let message = message.unwrap_or("an error without a message").to_owned();
                    Ok(Self::Reply {
                        id,
                        result: Err(message),
                    })
                }
                _ => invalid(Some(id), "a message has `method`, `result` or `error`"),
            },
        }
    }
}

/// The line of the response to a request.
pub(super) fn response(id: Option<&Id>, result: Result<Value, &RpcError>) -> String {
    let message = match result {
        Ok(result) => json!({ "jsonrpc": "2.0", "id": id, "result": result }),
        Err(error) => json!({ "jsonrpc": "2.0", "id": id, "error": error.to_json() }),
    };
    message.to_string()
}

/// The line of a request of the harness.
pub(super) fn request(id: &Id, method: &str, params: &impl Serialize) -> String {
    json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }).to_string()
}
