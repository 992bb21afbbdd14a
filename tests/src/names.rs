//! A resolver that says what a test wants.

use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use jackfield_host::BoxFuture;
use jackfield_transport::NameLookup;

/// Answers by script: for each name a list of answers, given one after the other, the last one for
/// ever. A name that is not in the script does not exist.
#[derive(Debug, Default)]
pub struct ScriptedNames {
    script: Mutex<HashMap<String, Vec<Vec<IpAddr>>>>,
    asked: Mutex<Vec<String>>,
}

impl ScriptedNames {
    /// No name exists.
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Lets a name exist, from now on with these answers.
    ///
    /// # Panics
    ///
    /// Where there is no answer, or a text is not an address.
    pub fn set(&self, name: &str, answers: &[&[&str]]) {
        assert!(!answers.is_empty(), "a name that exists has an answer");
        let parse = |address: &&str| address.parse().expect("an address");
        let answers = answers.iter().rev().map(|one| one.iter().map(parse).collect()).collect();
        self.script.lock().unwrap().insert(name.to_owned(), answers);
    }

    /// The names that were asked for, in order, once for each lookup.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    fn answer(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        self.asked.lock().unwrap().push(name.to_owned());
        match self.script.lock().unwrap().get_mut(name) {
            None => Err(io::Error::other("Name or service not known")),
            Some(answers) if answers.len() > 1 => Ok(answers.pop().unwrap()),
            Some(answers) => Ok(answers[0].clone()),
        }
    }
}

impl NameLookup for ScriptedNames {
    fn lookup<'a>(&'a self, host: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>> {
        let answer = self.answer(host);
        Box::pin(async move { answer })
    }
}
