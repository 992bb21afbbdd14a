//! From a query's text to its conditions.

use super::lexer::{Token, tokens};
use super::{Clock, Condition, Field, Operand, Operator, Order, Query};

/// The query of that text; what Jira says about it, otherwise.
pub(super) fn query(text: &str, clock: &Clock) -> Result<Query, String> {
    let mut parser = Parser { tokens: tokens(text)?, position: 0, clock };
    let condition = match parser.peek() {
        None => None,
        Some(token) if token.is_word("order") => None,
        Some(_) => Some(parser.any()?),
    };
    let order = parser.order()?;
    match parser.next() {
        None => Ok(Query { condition, order }),
        Some(token) => Err(format!(
            "Error in the JQL Query: Expecting either 'OR' or 'AND' but got '{token}'."
        )),
    }
}

struct Parser<'a> {
    tokens: Vec<Token>,
    position: usize,
    clock: &'a Clock,
}

impl Parser<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.position)
    }

    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.position).cloned();
        self.position += 1;
        token
    }

    /// Goes past that word of the language, if it comes next.
    fn skip(&mut self, word: &str) -> bool {
        let found = self.peek().is_some_and(|token| token.is_word(word));
        self.position += usize::from(found);
        found
    }

    fn skip_sign(&mut self, sign: &str) -> bool {
        let found = self.peek().is_some_and(|token| token.is_sign(sign));
        self.position += usize::from(found);
        found
    }

    fn any(&mut self) -> Result<Condition, String> {
        let mut found = vec![self.all()?];
        while self.skip("or") || self.skip_sign("||") || self.skip_sign("|") {
            found.push(self.all()?);
        }
        Ok(Condition::Any(found))
    }

    fn all(&mut self) -> Result<Condition, String> {
        let mut found = vec![self.one()?];
        while self.skip("and") || self.skip_sign("&&") || self.skip_sign("&") {
            found.push(self.one()?);
        }
        Ok(Condition::All(found))
    }

    fn one(&mut self) -> Result<Condition, String> {
        if self.skip("not") || self.skip_sign("!") {
            return Ok(Condition::Not(Box::new(self.one()?)));
        }
        if self.skip_sign("(") {
            let inner = self.any()?;
            self.close()?;
            return Ok(inner);
        }
        self.clause()
    }

    fn close(&mut self) -> Result<(), String> {
        match self.next() {
            Some(token) if token.is_sign(")") => Ok(()),
            Some(token) => Err(format!("Error in the JQL Query: Expecting ')' but got '{token}'.")),
            None => {
                Err("Error in the JQL Query: Expecting ')' before the end of the query.".into())
            }
        }
    }

    fn field(&mut self) -> Result<Field, String> {
        let Some(Token::Word(name) | Token::Quoted(name)) = self.next() else {
            return Err("Error in the JQL Query: Expecting a field name.".into());
        };
        let unknown =
            || format!("Field '{name}' does not exist or you do not have permission to view it.");
        Field::named(&name).ok_or_else(unknown)
    }

    fn clause(&mut self) -> Result<Condition, String> {
        let field = self.field()?;
        let (operator, negated, many) = self.operator(field)?;
        let operands = if operator == Operator::IsEmpty {
            if !(self.skip("empty") || self.skip("null")) {
                return Err("Error in the JQL Query: Expecting 'EMPTY' or 'NULL'.".into());
            }
            Vec::new()
        } else if many {
            self.list(field)?
        } else {
            vec![self.operand(field)?]
        };
        let clause = Condition::Clause { field, operator, operands };
        Ok(if negated { Condition::Not(Box::new(clause)) } else { clause })
    }

    /// The operator, whether it is negated, and whether a list follows.
    fn operator(&mut self, field: Field) -> Result<(Operator, bool, bool), String> {
        if self.skip("not") {
            return if self.skip("in") {
                Ok((Operator::Equals, true, true))
            } else {
                Err("Error in the JQL Query: Expecting 'IN' after 'NOT'.".into())
            };
        }
        if self.skip("in") {
            return Ok((Operator::Equals, false, true));
        }
        if self.skip("is") {
            return Ok((Operator::IsEmpty, self.skip("not"), false));
        }
        let token = self.next();
        let ordered = |holds| Ok((Operator::Orders(holds), false, false));
        match &token {
            Some(Token::Sign("=")) => Ok((Operator::Equals, false, false)),
            Some(Token::Sign("!=")) => Ok((Operator::Equals, true, false)),
            Some(Token::Sign("~")) => Ok((Operator::Contains, false, false)),
            Some(Token::Sign("!~")) => Ok((Operator::Contains, true, false)),
            Some(Token::Sign(sign @ (">" | ">=" | "<" | "<="))) if !field.is_time() => Err(
                format!("The operator '{sign}' is not supported by the '{}' field.", field.name()),
            ),
            Some(Token::Sign(">")) => ordered(Order::After),
            Some(Token::Sign(">=")) => ordered(Order::NotBefore),
            Some(Token::Sign("<")) => ordered(Order::Before),
            Some(Token::Sign("<=")) => ordered(Order::NotAfter),
            Some(token) => Err(format!(
                "Error in the JQL Query: Expecting operator but got '{token}'. The valid operators \
                 are '=', '!=', '<', '>', '<=', '>=', '~', '!~', 'IN', 'NOT IN', 'IS' and 'IS NOT'."
            )),
            None => Err("Error in the JQL Query: Expecting operator before the end of the query. \
                         The valid operators are '=', '!=', '<', '>', '<=', '>=', '~', '!~', 'IN', \
                         'NOT IN', 'IS' and 'IS NOT'."
                .into()),
        }
    }

    fn list(&mut self, field: Field) -> Result<Vec<Operand>, String> {
        if !self.skip_sign("(") {
            return Err("Error in the JQL Query: Expecting '(' before a list.".into());
        }
        let mut operands = vec![self.operand(field)?];
        while self.skip_sign(",") {
            operands.push(self.operand(field)?);
        }
        self.close()?;
        Ok(operands)
    }

    fn operand(&mut self, field: Field) -> Result<Operand, String> {
        let token = self.next();
        let function = self.skip_sign("(");
        if function {
            self.close()?;
        }
        match token {
            Some(Token::Word(word)) if function => match &*word.to_ascii_lowercase() {
                "currentuser" => Ok(Operand::CurrentUser),
                "now" => Ok(Operand::Time(self.clock.now)),
                _ => Err(format!("Unable to find JQL function '{word}()'.")),
            },
            Some(token @ (Token::Word(_) | Token::Quoted(_))) if field.is_time() => {
                let quoted = matches!(token, Token::Quoted(_));
                let text = token.to_string();
                let invalid = || {
                    format!(
                        "Date value '{text}' for field '{}' is invalid. Valid formats include: \
                         'yyyy/MM/dd HH:mm', 'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a \
                         period format e.g. '-5d', '4w 2d'.",
                        field.name()
                    )
                };
                self.clock.time(&text, quoted).map(Operand::Time).ok_or_else(invalid)
            }
            Some(Token::Word(text) | Token::Quoted(text)) => Ok(Operand::Text(text)),
            Some(token) => Err(format!(
                "Error in the JQL Query: Expecting either a value, list or function but got \
                 '{token}'. You must surround '{token}' in quotation marks to use it as a value."
            )),
            None => {
                Err("Error in the JQL Query: Expecting either a value, list or function before \
                         the end of the query."
                    .into())
            }
        }
    }

    fn order(&mut self) -> Result<Vec<(Field, bool)>, String> {
        let mut order = Vec::new();
        if !self.skip("order") {
            return Ok(order);
        }
        if !self.skip("by") {
            return Err("Error in the JQL Query: Expecting 'by' after 'order'.".into());
        }
        loop {
            let field = self.field()?;
            let descending = !self.skip("asc") && self.skip("desc");
            order.push((field, !descending));
            if !self.skip_sign(",") {
                return Ok(order);
            }
        }
    }
}
