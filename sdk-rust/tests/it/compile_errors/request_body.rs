use spin_sdk::http::Request;
use spin_sdk::outbound_http::send_request;

fn main() {
    let request = Request::post("https://api.test/").body(7_usize).unwrap();
    let _ = send_request(request);
}
