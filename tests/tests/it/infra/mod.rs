//! What holds between the template and the code: names, rights, settings, figures, and alarms that ring.

mod alarms;
mod figures;
mod rights;
mod shape;
mod template;
mod variables;
