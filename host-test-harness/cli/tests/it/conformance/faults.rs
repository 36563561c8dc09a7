//! Faults of real SDKs, which the suite must detect.

use spin_harness_cli::conformance::{ExpectedFailures, Suite};

use super::{WIRE, failures, scenarios, verdicts};

/// A fault of an SDK, the scenarios that must fail with it, and some that must pass.
struct Broken {
    fault: &'static str,
    fails: &'static [&'static str],
    passes: &'static [&'static str],
}

const FAULTS: [Broken; 5] = [
    Broken {
        fault: "drop-query",
        fails: &[
            "query_arrives_with_order_repetition_and_empty_parts",
            "empty_query_keeps_its_question_mark",
            "characters_of_a_query_are_kept",
        ],
        passes: &[
            "url_without_a_path_requests_the_root",
            "repeated_request_fields_arrive_in_order",
        ],
    },
    Broken {
        fault: "merge-headers",
        fails: &[
            "repeated_request_fields_arrive_in_order",
            "repeated_response_fields_arrive_in_order",
            "each_set_cookie_field_is_a_separate_value",
            "list_in_one_request_field_stays_one_value",
        ],
        passes: &[
            "fields_that_clients_often_set_are_sent_as_given",
            "query_arrives_with_order_repetition_and_empty_parts",
        ],
    },
    Broken {
        fault: "cut-body",
        fails: &[
            "a_response_body_is_read_by_its_content_length",
            "a_response_body_of_one_byte_arrives",
            "response_bodies_around_64_kib_arrive_whole",
        ],
        passes: &[
            "a_response_with_content_length_zero_has_an_empty_body",
            "a_request_body_of_one_byte_arrives",
        ],
    },
    Broken {
        fault: "swallow-error",
        fails: &[
            "a_refused_connection_is_a_runtime_error",
            "an_empty_allowed_outbound_hosts_permits_nothing",
            "host_and_port_without_a_scheme_are_an_invalid_url",
            "a_call_over_the_limit_is_too_many_requests",
        ],
        passes: &[
            "the_status_999_is_a_response",
            "a_response_body_is_read_by_its_content_length",
        ],
    },
    Broken {
        fault: "default-header",
        fails: &[
            "request_without_fields_gains_only_host",
            "a_request_body_adds_only_content_length",
            "get_arrives_as_get",
        ],
        passes: &[
            "a_refused_connection_is_a_runtime_error",
            "an_empty_allowed_outbound_hosts_permits_nothing",
        ],
    },
];

#[test]
fn each_fault_of_an_sdk_fails_exactly_the_scenarios_that_it_breaks() {
    let mut problems = Vec::new();
    for Broken {
        fault,
        fails,
        passes,
    } in FAULTS
    {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for name in fails.iter().chain(passes) {
            let file = format!("{name}.json");
            let copied = std::fs::copy(scenarios().join(&file), folder.path().join(&file));
            copied.unwrap_or_else(|error| panic!("{name}: {error}"));
        }
        let suite = Suite::read(folder.path()).expect("the scenarios are valid");
        let correct = verdicts(&suite, WIRE.clone(), ExpectedFailures::default());
        assert_eq!(failures(&correct), [], "without {fault}");
        let faulty = WIRE.clone().env("FAULT", fault);
        let faulty = verdicts(&suite, faulty, ExpectedFailures::default());
        let mut got: Vec<&str> = failures(&faulty)
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        let mut want = fails.to_vec();
        got.sort_unstable();
        want.sort_unstable();
        if got != want {
            problems.push(format!("{fault}: got {got:?}, want {want:?}: {faulty:#?}"));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}
