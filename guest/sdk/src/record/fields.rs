//! The fields of a record that somebody asks for, read by serde; the others are passed over.

use std::fmt;

use serde::de::value::{BorrowedStrDeserializer, StringDeserializer};
use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde::{Deserialize, forward_to_deserialize_any};

use super::broken;
use super::skip::Reader;
use crate::Failure;

/// What `T` names of the object at the start of the text, and the bytes that the object has.
pub(super) fn read<'a, T: Deserialize<'a>>(text: &'a str) -> Result<(T, usize), Failure> {
    let mut object = Object { reader: Reader::new(text), place: Place::Before };
    let read = T::deserialize(&mut object).and_then(|fields| {
        // Who asks for few fields may stop early.
        while object.key()?.is_some() {
            object.value()?;
        }
        Ok((fields, object.reader.at()))
    });
    read.map_err(|error| broken(&error.to_string()))
}

/// An object on the way from its start to its end.
struct Object<'a> {
    reader: Reader<'a>,
    place: Place,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Before,
    Within,
    After,
}

impl<'a> Object<'a> {
    /// The key that comes next, with its quotes, and `None` at the end of the object.
    fn key(&mut self) -> Result<Option<&'a str>, Error> {
        let more = match self.place {
            Place::Before => {
                let opened = self.reader.byte(b'{');
                opened.ok_or_else(|| Error("a record is no object".to_owned()))?;
                self.place = Place::Within;
                self.reader.blanks() != b'}'
            }
            Place::Within => self.reader.byte(b',').is_some(),
            Place::After => return Ok(None),
        };
        if more {
            return self.reader.key().ok_or_else(|| self.broken()).map(Some);
        }
        self.reader.byte(b'}').ok_or_else(|| self.broken())?;
        self.place = Place::After;
        Ok(None)
    }

    fn value(&mut self) -> Result<&'a str, Error> {
        self.reader.value().ok_or_else(|| self.broken())
    }

    fn broken(&self) -> Error {
        Error(format!("a record is cut off or no JSON at its byte {}", self.reader.at()))
    }
}

impl<'a> Deserializer<'a> for &mut Object<'a> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_map(self)
    }

    forward_to_deserialize_any! {
        <V: Visitor<'a>>
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl<'a> MapAccess<'a> for &mut Object<'a> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'a>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        Object::key(self)?.map(|key| seed.deserialize(Key(key))).transpose()
    }

    fn next_value_seed<V: DeserializeSeed<'a>>(&mut self, seed: V) -> Result<V::Value, Error> {
        seed.deserialize(Value(self))
    }
}

/// A key, with its quotes.
struct Key<'a>(&'a str);

impl<'a> Deserializer<'a> for Key<'a> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        let plain = self.0.trim_matches('"');
        if plain.contains('\\') {
            let key: String = serde_json::from_str(self.0)?;
            return StringDeserializer::new(key).deserialize_any(visitor);
        }
        BorrowedStrDeserializer::new(plain).deserialize_any(visitor)
    }

    forward_to_deserialize_any! {
        <V: Visitor<'a>>
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

/// The value that comes next: serde_json reads it where it is asked for.
struct Value<'o, 'a>(&'o mut Object<'a>);

macro_rules! ask_serde_json {
    ($($method:ident($($argument:ident: $type:ty),*);)*) => {$(
        fn $method<V: Visitor<'a>>(self, $($argument: $type,)* visitor: V) -> Result<V::Value, Error> {
            let mut json = serde_json::Deserializer::from_str(self.0.value()?);
            Ok(json.$method($($argument,)* visitor)?)
        }
    )*};
}

impl<'a> Deserializer<'a> for Value<'_, 'a> {
    type Error = Error;

    fn deserialize_ignored_any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        self.0.value()?;
        visitor.visit_unit()
    }

    ask_serde_json! {
        deserialize_any();
        deserialize_bool();
        deserialize_i8();
        deserialize_i16();
        deserialize_i32();
        deserialize_i64();
        deserialize_i128();
        deserialize_u8();
        deserialize_u16();
        deserialize_u32();
        deserialize_u64();
        deserialize_u128();
        deserialize_f32();
        deserialize_f64();
        deserialize_char();
        deserialize_str();
        deserialize_string();
        deserialize_bytes();
        deserialize_byte_buf();
        deserialize_option();
        deserialize_unit();
        deserialize_unit_struct(name: &'static str);
        deserialize_newtype_struct(name: &'static str);
        deserialize_seq();
        deserialize_tuple(length: usize);
        deserialize_tuple_struct(name: &'static str, length: usize);
        deserialize_map();
        deserialize_struct(name: &'static str, fields: &'static [&'static str]);
        deserialize_enum(name: &'static str, variants: &'static [&'static str]);
        deserialize_identifier();
    }
}

/// Why a record is not what was asked for.
#[derive(Debug)]
struct Error(String);

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Error {}

impl de::Error for Error {
    fn custom<M: fmt::Display>(message: M) -> Self {
        Self(message.to_string())
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self(error.to_string())
    }
}
