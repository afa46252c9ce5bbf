//! CBOR as JSON and back: the form in which the SDK speaks to CloudWatch. A time, which JSON has no form for, is
//! `{"$time": seconds}`.

use minicbor::data::{Tag, Type};
use minicbor::{Decoder, Encoder};
use serde_json::{Map, Value, json};

/// The tag of a time in seconds since 1970.
const TIME: Tag = Tag::new(1);

pub(super) fn decoded(bytes: &[u8]) -> Value {
    value(&mut Decoder::new(bytes))
}

fn value(from: &mut Decoder<'_>) -> Value {
    match from.datatype().unwrap() {
        Type::Map | Type::MapIndef => {
            let mut left = from.map().unwrap();
            let mut map = Map::new();
            while more(from, &mut left) {
                let name = from.str().unwrap().to_owned();
                map.insert(name, value(from));
            }
            map.into()
        }
        Type::Array | Type::ArrayIndef => {
            let mut left = from.array().unwrap();
            let mut list = Vec::new();
            while more(from, &mut left) {
                list.push(value(from));
            }
            list.into()
        }
        Type::Tag => {
            assert_eq!(from.tag().unwrap(), TIME);
            json!({"$time": value(from)})
        }
        Type::String => from.str().unwrap().into(),
        Type::Bool => from.bool().unwrap().into(),
        Type::F16 | Type::F32 | Type::F64 => from.f64().unwrap().into(),
        Type::Null => {
            from.null().unwrap();
            Value::Null
        }
        _ => from.i64().unwrap().into(),
    }
}

/// Whether a list or map goes on; one of unknown length ends with a mark of its own.
fn more(from: &mut Decoder<'_>, left: &mut Option<u64>) -> bool {
    match left {
        Some(0) => false,
        Some(n) => {
            *n -= 1;
            true
        }
        None if from.datatype().unwrap() == Type::Break => {
            from.set_position(from.position() + 1);
            false
        }
        None => true,
    }
}

pub(super) fn encoded(value: &Value) -> Vec<u8> {
    let mut to = Encoder::new(Vec::new());
    write(value, &mut to);
    to.into_writer()
}

fn write(value: &Value, to: &mut Encoder<Vec<u8>>) {
    match value {
        Value::Null => to.null().and_then(Encoder::ok).unwrap(),
        Value::Bool(so) => to.bool(*so).and_then(Encoder::ok).unwrap(),
        Value::String(text) => to.str(text).and_then(Encoder::ok).unwrap(),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => to.i64(whole).and_then(Encoder::ok).unwrap(),
            None => to.f64(number.as_f64().unwrap()).and_then(Encoder::ok).unwrap(),
        },
        Value::Array(list) => {
            to.array(list.len() as u64).unwrap();
            for item in list {
                write(item, to);
            }
        }
        Value::Object(map) => {
            if let Some(seconds) = map.get("$time") {
                to.tag(TIME).unwrap();
                return write(seconds, to);
            }
            to.map(map.len() as u64).unwrap();
            for (name, value) in map {
                to.str(name).unwrap();
                write(value, to);
            }
        }
    }
}
