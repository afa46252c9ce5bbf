//! Events of new snapshots: which object each is about.

use serde_json::{Value, json};
use vms_refresh::{ObjectName, object_of};

fn sample(name: &str) -> Value {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../events").join(name);
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

#[test]
fn an_event_of_a_new_snapshot_says_which_object_it_is_about_in_both_forms() {
    let expected = ObjectName { bucket: "vms-snapshots-123456789012".into(), key: "vms/snapshot.db".into() };
    for name in ["snapshot.json", "eventbridge-object-created.json"] {
        assert_eq!(object_of(&sample(name)), Some(expected.clone()), "{name}");
    }
}

#[test]
fn other_events_are_about_no_object() {
    for name in ["sweep.json", "nightly-district.json", "eventbridge-scheduled.json", "manual-refresh.json"] {
        assert_eq!(object_of(&sample(name)), None, "{name}");
    }
    assert_eq!(object_of(&json!({"cache_type": "district", "trigger": "snapshot", "bucket": "b"})), None);
}
