//! Reading in which a struct is an object, however deep it stands.
//!
//! serde also reads a JSON array into a struct, its values in the order of the fields. No provider
//! means that; an answer in which a list stands for an account, or for a permission, proves nothing.
//!
//! What a deserializer hands to others is wrapped as well: it asks a visitor for a value, the visitor
//! asks the members of a map or a list for theirs, and they deserialize again. Two things are as serde
//! reads them: the variants of an enum, and what it reads into memory first (`flatten`, `untagged`).

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, Visitor};

/// The same deserializer, visitor, seed or members, for a struct an object's alone.
pub(crate) struct Objects<D>(pub(crate) D);

macro_rules! the_same {
    ($($method:ident($($argument:ident: $type:ty),*);)*) => {$(
        fn $method<V: Visitor<'a>>(self, $($argument: $type,)* visitor: V) -> Result<V::Value, D::Error> {
            self.0.$method($($argument,)* Objects(visitor))
        }
    )*};
}

impl<'a, D: Deserializer<'a>> Deserializer<'a> for Objects<D> {
    type Error = D::Error;

    fn deserialize_struct<V: Visitor<'a>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_map(Objects(visitor))
    }

    the_same! {
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
        deserialize_enum(name: &'static str, variants: &'static [&'static str]);
        deserialize_identifier();
        deserialize_ignored_any();
    }
}

macro_rules! the_same_value {
    ($($method:ident($value:ty);)*) => {$(
        fn $method<E: Error>(self, value: $value) -> Result<V::Value, E> {
            self.0.$method(value)
        }
    )*};
}

impl<'a, V: Visitor<'a>> Visitor<'a> for Objects<V> {
    type Value = V::Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(formatter)
    }

    the_same_value! {
        visit_bool(bool);
        visit_i8(i8);
        visit_i16(i16);
        visit_i32(i32);
        visit_i64(i64);
        visit_i128(i128);
        visit_u8(u8);
        visit_u16(u16);
        visit_u32(u32);
        visit_u64(u64);
        visit_u128(u128);
        visit_f32(f32);
        visit_f64(f64);
        visit_char(char);
        visit_str(&str);
        visit_borrowed_str(&'a str);
        visit_string(String);
        visit_bytes(&[u8]);
        visit_borrowed_bytes(&'a [u8]);
        visit_byte_buf(Vec<u8>);
    }

    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        self.0.visit_none()
    }

    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        self.0.visit_unit()
    }

    fn visit_some<D: Deserializer<'a>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        self.0.visit_some(Objects(deserializer))
    }

    fn visit_newtype_struct<D: Deserializer<'a>>(
        self,
        deserializer: D,
    ) -> Result<V::Value, D::Error> {
        self.0.visit_newtype_struct(Objects(deserializer))
    }

    fn visit_seq<A: SeqAccess<'a>>(self, members: A) -> Result<V::Value, A::Error> {
        self.0.visit_seq(Objects(members))
    }

    fn visit_map<A: MapAccess<'a>>(self, members: A) -> Result<V::Value, A::Error> {
        self.0.visit_map(Objects(members))
    }

    fn visit_enum<A: EnumAccess<'a>>(self, variant: A) -> Result<V::Value, A::Error> {
        self.0.visit_enum(variant)
    }
}

impl<'a, S: DeserializeSeed<'a>> DeserializeSeed<'a> for Objects<S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<S::Value, D::Error> {
        self.0.deserialize(Objects(deserializer))
    }
}

impl<'a, A: SeqAccess<'a>> SeqAccess<'a> for Objects<A> {
    type Error = A::Error;

    fn next_element_seed<S: DeserializeSeed<'a>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        self.0.next_element_seed(Objects(seed))
    }

    fn size_hint(&self) -> Option<usize> {
        self.0.size_hint()
    }
}

impl<'a, A: MapAccess<'a>> MapAccess<'a> for Objects<A> {
    type Error = A::Error;

    fn next_key_seed<S: DeserializeSeed<'a>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        self.0.next_key_seed(seed)
    }

    fn next_value_seed<S: DeserializeSeed<'a>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.0.next_value_seed(Objects(seed))
    }

    fn size_hint(&self) -> Option<usize> {
        self.0.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;
    use serde_json::value::RawValue;

    use super::*;

    #[derive(Debug, Deserialize)]
    struct One {
        #[expect(dead_code, reason = "that it is read is what counts")]
        held: bool,
    }

    #[derive(Debug, Deserialize)]
    struct Wrapped(#[expect(dead_code, reason = "that it is read is what counts")] One);

    fn read<'a, T: Deserialize<'a>>(text: &'a str) -> bool {
        T::deserialize(Objects(&mut serde_json::Deserializer::from_str(text))).is_ok()
    }

    /// Whether a text is read, as the type that the test names.
    type Reading = fn(&str) -> bool;

    #[test]
    fn a_list_is_no_struct_wherever_it_stands() {
        let cases: [(&str, Reading, &str, bool); 8] = [
            ("alone", |text| read::<One>(text), "ONE", true),
            ("in a map", |text| read::<BTreeMap<String, One>>(text), r#"{"a":ONE}"#, true),
            ("in a list", |text| read::<Vec<One>>(text), "[ONE]", true),
            ("in a tuple", |text| read::<(u8, One)>(text), "[1,ONE]", true),
            ("in an option", |text| read::<Option<One>>(text), "ONE", true),
            ("in a newtype", |text| read::<Wrapped>(text), "ONE", true),
            (
                "in all of them",
                |text| read::<BTreeMap<String, Vec<Option<Wrapped>>>>(text),
                r#"{"a":[null,ONE]}"#,
                true,
            ),
            ("where a list is meant", |text| read::<Vec<(bool,)>>(text), "[ONE]", false),
        ];
        for (name, reading, text, is_object) in cases {
            assert_eq!(reading(&text.replace("ONE", r#"{"held":true}"#)), is_object, "{name}");
            assert_eq!(reading(&text.replace("ONE", "[true]")), !is_object, "{name}");
        }
    }

    #[test]
    fn all_else_is_read_as_before() {
        let cases: [(&str, Reading, &str); 9] = [
            ("null", |text| read::<Option<u8>>(text), "null"),
            ("unit", |text| read::<()>(text), "null"),
            ("negative", |text| read::<i64>(text), "-7"),
            ("fraction", |text| read::<f64>(text), "1.5"),
            ("character", |text| read::<char>(text), r#""a""#),
            ("escaped", |text| read::<String>(text), r#""\u00e4""#),
            ("borrowed", |text| read::<BTreeMap<&str, &str>>(text), r#"{"a":"b"}"#),
            ("raw", |text| read::<BTreeMap<String, &RawValue>>(text), r#"{"a":[{}]}"#),
            ("numbers as keys", |text| read::<BTreeMap<u64, Option<u64>>>(text), r#"{"7":null}"#),
        ];
        for (name, reading, text) in cases {
            assert!(reading(text), "{name}");
        }
    }
}
