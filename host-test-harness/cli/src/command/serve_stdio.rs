//! `spin-harness serve-stdio`: the control protocol.

use clap::Args;
use tokio::runtime::Runtime;

use crate::ExitStatus;
use crate::report::Failure;

/// Serve the control protocol on stdin and stdout, for tests in other languages.
///
/// The protocol is JSON-RPC 2.0, one message per line. It loads applications, sends them requests in memory, and mocks
/// their outbound calls. The packages for Node and Go use it. The command ends when stdin closes.
#[derive(Args)]
#[command(after_help = "Example:
  echo '{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"initialize\", \"params\": {\"protocol_version\": 1}}' \\
    | spin-harness serve-stdio")]
pub(crate) struct Arguments {}

pub(crate) fn run() -> Result<ExitStatus, Failure> {
    let runtime = Runtime::new()?;
    let served = runtime.block_on(harness_driver::session::serve(
        tokio::io::stdin(),
        tokio::io::stdout(),
    ));
    // A read of stdin, and a function of the client that does not return, have threads that cannot be cancelled.
    runtime.shutdown_background();
    served?;
    Ok(ExitStatus::SUCCESS)
}
