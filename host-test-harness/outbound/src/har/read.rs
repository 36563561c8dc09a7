//! An entry of a file as a recorded exchange.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, TRANSFER_ENCODING};
use http::{HeaderValue, Method, StatusCode, Version};
use jiff::Timestamp;
use url::form_urlencoded;

use super::content::{bytes_of, bytes_of_file, passage_from_har};
use super::document::{Content, Entry, PostData, Request, Response, Timings};
use super::error::{HarError, Problem};
use super::failure::failure_from_text;
use super::fields::fields_from_har;
use super::text::HarText;
use crate::recording::{
    BodyEnd, Direction, RecordedExchange, RecordedFailure, RecordedRequest, RecordedResponse,
    RecordedTimings,
};
use crate::transport::error_name::error_from_name;

/// Reads a file.
///
/// A file of another program is read as if its exchanges had been recorded here, so that they can be replayed. Such
/// programs decode bodies (HAR 1.2, `content.text`), so `content-encoding` is removed, `content-length` becomes that
/// of the decoded body, and text in another charset is UTF-8. A body that the program left out is
/// [`BodyEnd::Missing`].
///
/// # Errors
///
/// [`HarError`] if the file cannot be read, is not JSON, or has a value that a recording cannot have.
///
/// ```no_run
/// use harness_outbound::har;
///
/// for exchange in har::read_file("recording.har".as_ref())? {
///     println!("{} {}", exchange.request.method, exchange.request.url);
/// }
/// # Ok::<(), har::HarError>(())
/// ```
pub fn read_file(path: &Path) -> Result<Vec<RecordedExchange>, HarError> {
    let input = std::fs::read(path).map_err(|error| super::file::cannot_read(path, error))?;
    let folder = path.parent().unwrap_or_else(|| Path::new(""));
    read_from(path, &input, Some(folder))
}

/// [`read_file`] for the content of a file. `name` is what errors call it.
///
/// # Errors
///
/// [`HarError`] as for [`read_file`], and if a body is in another file.
pub fn read(name: &Path, input: &[u8]) -> Result<Vec<RecordedExchange>, HarError> {
    read_from(name, input, None)
}

fn read_from(
    name: &Path,
    input: &[u8],
    folder: Option<&Path>,
) -> Result<Vec<RecordedExchange>, HarError> {
    let text = HarText::parse(name, input)?;
    let entries = text.entries.iter().enumerate();
    entries
        .map(|(index, raw)| {
            let entry = text.entry(index, raw)?;
            exchange(entry, folder).map_err(|Problem { field, problem }| {
                HarError::new(name, problem)
                    .at(text.position(raw))
                    .in_entry(index)
                    .in_field(field)
            })
        })
        .collect()
}

fn exchange(entry: Entry, folder: Option<&Path>) -> Result<RecordedExchange, Problem> {
    let reading = Reading {
        exact: entry.exact,
        folder,
    };
    let started: Timestamp = entry
        .started_date_time
        .parse()
        .map_err(|error| Problem::new("startedDateTime", format!("{error}")))?;
    let request = reading
        .request(entry.request)
        .map_err(|problem| problem.within("request"))?;
    let failure = failure(&entry.response).map_err(|problem| problem.within("response"))?;
    let response = reading
        .response(&entry.response, &request.method, failure.is_some())
        .map_err(|problem| problem.within("response"))?;
    let direction = match entry.direction.as_deref() {
        None => Direction::Outbound,
        Some("inbound") => Direction::Inbound,
        Some(other) => {
            let problem = format!("`{}` is not `inbound`", other.escape_debug());
            return Err(Problem::new("_direction", problem));
        }
    };
    Ok(RecordedExchange {
        id: None,
        parent: None,
        direction,
        chain: entry.chain,
        component: entry.component.map(Arc::from),
        started: SystemTime::from(started),
        hop: entry.hop.unwrap_or_default(),
        rule: entry.rule,
        entry_to_add: None,
        via: entry.via,
        request,
        response,
        failure,
        timings: timings(&entry.timings),
    })
}

/// How the bodies of an entry are read.
struct Reading<'a> {
    exact: bool,
    folder: Option<&'a Path>,
}

impl Reading<'_> {
    fn request(&self, request: Request) -> Result<RecordedRequest, Problem> {
        let method = Method::from_bytes(request.method.as_bytes())
            .map_err(|_invalid| Problem::new("method", "a method is a token"))?;
        let mut headers = fields_from_har(&request.headers, "headers")?;
        let mut body = passage_from_har(&request.passage)?;
        match &request.post_data {
            Some(data) => {
                let bytes = self
                    .post_data(data)
                    .map_err(|problem| problem.within("postData"))?;
                match bytes {
                    Some(bytes) => body.bytes = bytes,
                    None => body.end = BodyEnd::Missing,
                }
            }
            None if !self.exact && request.body_size > 0 => body.end = BodyEnd::Missing,
            None => {}
        }
        if !self.exact {
            set_length(&mut headers, &body.bytes);
        }
        body.size = self.body_size(&body.bytes, request.body_size);
        Ok(RecordedRequest {
            method,
            url: request.url,
            headers,
            body,
        })
    }

    /// The bytes of a body, if the file has them. The body of a URL-encoded form follows from its parameters; that of
    /// a multipart form, which is what browsers leave the text of out, does not.
    fn post_data(&self, data: &PostData) -> Result<Option<Bytes>, Problem> {
        if let Some(file) = &data.file {
            return bytes_of_file(self.folder, file).map(Some);
        }
        if let Some(text) = data.text.as_deref()
            && (!text.is_empty() || data.params.is_empty())
        {
            return bytes_of(text, data.encoding.as_deref()).map(Some);
        }
        if data.params.is_empty() {
            return Ok(Some(Bytes::new()));
        }
        if !data
            .mime_type
            .starts_with("application/x-www-form-urlencoded")
        {
            return Ok(None);
        }
        let mut form = form_urlencoded::Serializer::new(String::new());
        for parameter in &data.params {
            form.append_pair(
                &parameter.name,
                parameter.value.as_deref().unwrap_or_default(),
            );
        }
        Ok(Some(Bytes::from(form.finish())))
    }

    fn response(
        &self,
        response: &Response,
        method: &Method,
        has_failed: bool,
    ) -> Result<Option<RecordedResponse>, Problem> {
        if response.status <= 0 {
            return Ok(None);
        }
        let status = u16::try_from(response.status)
            .ok()
            .and_then(|status| StatusCode::from_u16(status).ok())
            .ok_or_else(|| {
                let problem = format!("a status is 100 to 999, and not {}", response.status);
                Problem::new("status", problem)
            })?;
        let mut headers = fields_from_har(&response.headers, "headers")?;
        let mut body = passage_from_har(&response.passage)?;
        let bytes = self
            .content(&response.content)
            .map_err(|problem| problem.within("content"))?;
        if !self.exact {
            let has_no_body = *method == Method::HEAD
                || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
                || status.is_redirection() && response.content.size <= 0;
            if has_failed {
                body.end = BodyEnd::Failed;
            } else if bytes.is_none() && !has_no_body && response.content.size != 0 {
                body.end = BodyEnd::Missing;
            }
            if let Some(bytes) = &bytes {
                decoded(&mut headers, bytes, &response.content);
            }
        }
        body.bytes = bytes.unwrap_or_default();
        body.size = self.body_size(&body.bytes, response.body_size);
        Ok(Some(RecordedResponse {
            status,
            version: version(&response.http_version),
            headers,
            body,
        }))
    }

    /// How many bytes passed. Another program's size may be that of a body which is decoded here.
    fn body_size(&self, bytes: &Bytes, given: i64) -> u64 {
        let given = u64::try_from(given).ok().filter(|_| self.exact);
        given.unwrap_or(bytes.len() as u64)
    }

    /// The bytes of a body, if the file has them.
    fn content(&self, content: &Content) -> Result<Option<Bytes>, Problem> {
        if let Some(file) = &content.file {
            return bytes_of_file(self.folder, file).map(Some);
        }
        content
            .text
            .as_deref()
            .map(|text| bytes_of(text, content.encoding.as_deref()))
            .transpose()
    }
}

fn failure(response: &Response) -> Result<Option<RecordedFailure>, Problem> {
    let named = response.error_kind.as_deref().map(|name| {
        error_from_name(name).ok_or_else(|| {
            let problem = format!("unknown failure of a transport `{}`", name.escape_debug());
            Problem::new("_errorKind", problem)
        })
    });
    let named = named.transpose()?;
    let cause = match &response.error {
        Some(text) if !text.is_empty() => text.clone(),
        _ if named.is_some() => String::new(),
        _ if response.status <= 0 => "the recording has no response".to_owned(),
        _ => return Ok(None),
    };
    Ok(Some(RecordedFailure {
        error: named.or_else(|| failure_from_text(&cause)),
        error_code: response.error_code.clone(),
        cause,
        details: response.error_details.clone(),
    }))
}

/// Makes the fields those of a body that another program has decoded.
fn decoded(headers: &mut HeaderMap, bytes: &Bytes, content: &Content) {
    if bytes.is_empty() {
        return;
    }
    headers.remove(CONTENT_ENCODING);
    headers.remove(TRANSFER_ENCODING);
    set_length(headers, bytes);
    let is_converted = content.encoding.is_none() && content.file.is_none() && !bytes.is_ascii();
    let content_type = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    if let (true, Some(content_type)) = (is_converted, content_type)
        && let Some(content_type) = in_utf8(content_type)
        && let Ok(value) = HeaderValue::try_from(content_type)
    {
        headers.insert(CONTENT_TYPE, value);
    }
}

/// A content type with the charset UTF-8, if it has a charset.
fn in_utf8(content_type: &str) -> Option<String> {
    const CHARSET: &str = "charset=";
    let start = content_type.to_ascii_lowercase().find(CHARSET)? + CHARSET.len();
    let (before, value) = content_type.split_at_checked(start)?;
    let rest = value.find(';').and_then(|end| value.get(end..));
    Some(format!("{before}utf-8{}", rest.unwrap_or_default()))
}

/// Corrects the length that the fields announce, if they announce one.
fn set_length(headers: &mut HeaderMap, bytes: &Bytes) {
    if !bytes.is_empty() && headers.contains_key(CONTENT_LENGTH) {
        headers.insert(CONTENT_LENGTH, HeaderValue::from(bytes.len()));
    }
}

/// Programs write versions in many ways; the version of an exchange that has none is HTTP/1.1.
fn version(text: &str) -> Version {
    match text.to_ascii_lowercase().as_str() {
        "http/0.9" => Version::HTTP_09,
        "http/1.0" => Version::HTTP_10,
        "h2" | "h2c" | "http/2" | "http/2.0" => Version::HTTP_2,
        "h3" | "http/3" | "http/3.0" => Version::HTTP_3,
        _ => Version::HTTP_11,
    }
}

fn timings(timings: &Timings) -> RecordedTimings {
    let optional = |milliseconds: f64| (milliseconds >= 0.0).then(|| duration(milliseconds));
    RecordedTimings {
        blocked: duration(timings.blocked),
        dns: optional(timings.dns),
        connect: optional(timings.connect),
        tls: optional(timings.ssl),
        send: duration(timings.send),
        wait: duration(timings.wait),
        receive: duration(timings.receive),
    }
}

/// Milliseconds; a phase that is not known took none, and neither did one that took longer than a file may say.
fn duration(milliseconds: f64) -> Duration {
    const LONGEST_MS: f64 = 1e15;
    if (0.0..LONGEST_MS).contains(&milliseconds) {
        Duration::try_from_secs_f64(milliseconds / 1e3).unwrap_or_default()
    } else {
        Duration::ZERO
    }
}
