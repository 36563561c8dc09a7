//! `wasi:io/poll` and `wasi:io/streams` of the release candidate: those of 0.2 under the names they had.

use wasmtime::component::{Resource, ResourceTable};
use wasmtime_wasi::p2::bindings::io as release;
use wasmtime_wasi::p2::bindings::io::error::HostError as _;
use wasmtime_wasi::p2::bindings::io::poll::{Host as _, HostPollable as _};
use wasmtime_wasi::p2::bindings::io::streams::{Host as _, HostInputStream, HostOutputStream};
use wasmtime_wasi::p2::{DynInputStream, DynOutputStream, DynPollable, IoError, StreamError};
use wasmtime_wasi_http::WasiHttpView as _;

use super::io::{poll, streams};
use crate::state::State;

/// How much `forward` takes at a time: as much as a blocking write may have.
const FORWARDED_BYTES: u64 = 4096;

type StreamResult<T> = Result<T, StreamError>;

impl State {
    fn table(&mut self) -> &mut ResourceTable {
        self.http().table
    }
}

impl poll::Host for State {
    async fn poll_list(
        &mut self,
        pollables: Vec<Resource<DynPollable>>,
    ) -> wasmtime::Result<Vec<u32>> {
        self.table().poll(pollables).await
    }

    async fn poll_one(&mut self, pollable: Resource<DynPollable>) -> wasmtime::Result<()> {
        self.table().block(pollable).await
    }
}

impl poll::HostPollable for State {
    fn drop(&mut self, pollable: Resource<DynPollable>) -> wasmtime::Result<()> {
        release::poll::HostPollable::drop(self.table(), pollable)
    }
}

impl streams::Host for State {
    fn convert_stream_error(
        &mut self,
        error: StreamError,
    ) -> wasmtime::Result<streams::StreamError> {
        let error = self.table().convert_stream_error(error)?;
        Ok(match error {
            release::streams::StreamError::LastOperationFailed(error) => {
                streams::StreamError::LastOperationFailed(error)
            }
            release::streams::StreamError::Closed => streams::StreamError::Closed,
        })
    }
}

impl streams::HostError for State {
    fn to_debug_string(&mut self, error: Resource<IoError>) -> wasmtime::Result<String> {
        self.table().to_debug_string(error)
    }

    fn drop(&mut self, error: Resource<IoError>) -> wasmtime::Result<()> {
        release::error::HostError::drop(self.table(), error)
    }
}

impl streams::HostInputStream for State {
    fn read(&mut self, stream: Resource<DynInputStream>, len: u64) -> StreamResult<Vec<u8>> {
        self.table().read(stream, len)
    }

    async fn blocking_read(
        &mut self,
        stream: Resource<DynInputStream>,
        len: u64,
    ) -> StreamResult<Vec<u8>> {
        self.table().blocking_read(stream, len).await
    }

    fn skip(&mut self, stream: Resource<DynInputStream>, len: u64) -> StreamResult<u64> {
        self.table().skip(stream, len)
    }

    async fn blocking_skip(
        &mut self,
        stream: Resource<DynInputStream>,
        len: u64,
    ) -> StreamResult<u64> {
        self.table().blocking_skip(stream, len).await
    }

    fn subscribe(
        &mut self,
        stream: Resource<DynInputStream>,
    ) -> wasmtime::Result<Resource<DynPollable>> {
        HostInputStream::subscribe(self.table(), stream)
    }

    async fn drop(&mut self, stream: Resource<DynInputStream>) -> wasmtime::Result<()> {
        HostInputStream::drop(self.table(), stream).await
    }
}

impl streams::HostOutputStream for State {
    fn check_write(&mut self, stream: Resource<DynOutputStream>) -> StreamResult<u64> {
        self.table().check_write(stream)
    }

    fn write(&mut self, stream: Resource<DynOutputStream>, bytes: Vec<u8>) -> StreamResult<()> {
        self.table().write(stream, bytes)
    }

    async fn blocking_write_and_flush(
        &mut self,
        stream: Resource<DynOutputStream>,
        bytes: Vec<u8>,
    ) -> StreamResult<()> {
        self.table().blocking_write_and_flush(stream, bytes).await
    }

    fn flush(&mut self, stream: Resource<DynOutputStream>) -> StreamResult<()> {
        self.table().flush(stream)
    }

    async fn blocking_flush(&mut self, stream: Resource<DynOutputStream>) -> StreamResult<()> {
        self.table().blocking_flush(stream).await
    }

    fn subscribe(
        &mut self,
        stream: Resource<DynOutputStream>,
    ) -> wasmtime::Result<Resource<DynPollable>> {
        HostOutputStream::subscribe(self.table(), stream)
    }

    fn write_zeroes(&mut self, stream: Resource<DynOutputStream>, len: u64) -> StreamResult<()> {
        self.table().write_zeroes(stream, len)
    }

    async fn blocking_write_zeroes_and_flush(
        &mut self,
        stream: Resource<DynOutputStream>,
        len: u64,
    ) -> StreamResult<()> {
        let table = self.table();
        table.blocking_write_zeroes_and_flush(stream, len).await
    }

    // What these three read from is theirs, which 0.2 only borrows.

    fn splice(
        &mut self,
        stream: Resource<DynOutputStream>,
        source: Resource<DynInputStream>,
        len: u64,
    ) -> StreamResult<u64> {
        let borrowed = Resource::new_borrow(source.rep());
        let spliced = self.table().splice(stream, borrowed, len);
        self.table().delete(source)?;
        spliced
    }

    async fn blocking_splice(
        &mut self,
        stream: Resource<DynOutputStream>,
        source: Resource<DynInputStream>,
        len: u64,
    ) -> StreamResult<u64> {
        let borrowed = Resource::new_borrow(source.rep());
        let spliced = self.table().blocking_splice(stream, borrowed, len).await;
        self.table().delete(source)?;
        spliced
    }

    async fn forward(
        &mut self,
        stream: Resource<DynOutputStream>,
        source: Resource<DynInputStream>,
    ) -> StreamResult<u64> {
        let table = self.table();
        let mut forwarded_bytes = 0;
        loop {
            let borrowed = Resource::new_borrow(source.rep());
            let bytes = match table.blocking_read(borrowed, FORWARDED_BYTES).await {
                Ok(bytes) => bytes,
                Err(StreamError::Closed) => break,
                Err(error) => return Err(error),
            };
            forwarded_bytes += bytes.len() as u64;
            let borrowed = Resource::new_borrow(stream.rep());
            table.blocking_write_and_flush(borrowed, bytes).await?;
        }
        table.delete(source)?;
        Ok(forwarded_bytes)
    }

    async fn drop(&mut self, stream: Resource<DynOutputStream>) -> wasmtime::Result<()> {
        HostOutputStream::drop(self.table(), stream).await
    }
}
