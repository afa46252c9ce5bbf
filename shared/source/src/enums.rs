//! Columns with a fixed set of values: stored by the name of the member, shown by its display value.

/// Defines an enum by rows of variant, stored text, display text.
macro_rules! stored_enum {
    ($(#[$doc:meta])* $name:ident { $($variant:ident $stored:literal $display:literal)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[allow(missing_docs, reason = "the variants are VMS's own words")]
        pub enum $name { $($variant),* }

        impl $name {
            /// Every member, in VMS's order of definition.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The text in the database.
            pub const fn stored(self) -> &'static str {
                match self { $(Self::$variant => $stored),* }
            }

            /// The text in reports.
            pub const fn display(self) -> &'static str {
                match self { $(Self::$variant => $display),* }
            }

            pub(crate) fn from_stored(text: &str) -> Option<Self> {
                match text { $($stored => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

stored_enum! {
    /// `event.type`
    EventType {
        InPerson "IN_PERSON" "in_person"
        VirtualSession "VIRTUAL_SESSION" "virtual_session"
        ConnectorSession "CONNECTOR_SESSION" "connector_session"
        CareerJumping "CAREER_JUMPING" "career_jumping"
        CareerSpeaker "CAREER_SPEAKER" "career_speaker"
        EmployabilitySkills "EMPLOYABILITY_SKILLS" "employability_skills"
        Ignite "IGNITE" "ignite"
        CareerFair "CAREER_FAIR" "career_fair"
        ClientConnectedProject "CLIENT_CONNECTED_PROJECT" "client_connected_project"
        PathwayCampusVisits "PATHWAY_CAMPUS_VISITS" "pathway_campus_visits"
        WorkplaceVisit "WORKPLACE_VISIT" "workplace_visit"
        PathwayWorkplaceVisits "PATHWAY_WORKPLACE_VISITS" "pathway_workplace_visits"
        CollegeOptions "COLLEGE_OPTIONS" "college_options"
        DiaClassroomSpeaker "DIA_CLASSROOM_SPEAKER" "dia_classroom_speaker"
        Dia "DIA" "dia"
        CampusVisit "CAMPUS_VISIT" "campus_visit"
        AdvisorySessions "ADVISORY_SESSIONS" "advisory_sessions"
        VolunteerOrientation "VOLUNTEER_ORIENTATION" "volunteer_orientation"
        VolunteerEngagement "VOLUNTEER_ENGAGEMENT" "volunteer_engagement"
        Mentoring "MENTORING" "mentoring"
        FinancialLiteracy "FINANCIAL_LITERACY" "financial_literacy"
        MathRelays "MATH_RELAYS" "math_relays"
        ClassroomSpeaker "CLASSROOM_SPEAKER" "classroom_speaker"
        Internship "INTERNSHIP" "internship"
        CollegeApplicationFair "COLLEGE_APPLICATION_FAIR" "college_application_fair"
        Fafsa "FAFSA" "fafsa"
        ClassroomActivity "CLASSROOM_ACTIVITY" "classroom_activity"
        Historical "HISTORICAL" "historical"
        DataViz "DATA_VIZ" "data_viz"
        P2gd "P2GD" "p2gd"
        Sla "SLA" "sla"
        Healthstart "HEALTHSTART" "healthstart"
        P2t "P2T" "p2t"
        Bfi "BFI" "bfi"
    }
}

stored_enum! {
    /// `event.status`
    EventStatus {
        Completed "COMPLETED" "Completed"
        Confirmed "CONFIRMED" "Confirmed"
        Cancelled "CANCELLED" "Cancelled"
        Requested "REQUESTED" "Requested"
        Draft "DRAFT" "Draft"
        Published "PUBLISHED" "Published"
        NoShow "NO_SHOW" "No Show"
        Simulcast "SIMULCAST" "Simulcast"
        Count "COUNT" "Count"
    }
}

stored_enum! {
    /// `event.format`
    EventFormat {
        InPerson "IN_PERSON" "in_person"
        Virtual "VIRTUAL" "virtual"
    }
}

stored_enum! {
    /// `volunteer.local_status`
    LocalStatus {
        Local "local" "local"
        Partial "partial" "partial"
        NonLocal "non_local" "non_local"
        Unknown "unknown" "unknown"
    }
}

stored_enum! {
    /// `volunteer.status`
    VolunteerStatus {
        None "NONE" ""
        Active "ACTIVE" "active"
        Inactive "INACTIVE" "inactive"
        OnHold "ON_HOLD" "on_hold"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_display_of_an_event_type_is_its_stored_name_in_lower_case() {
        assert_eq!(EventType::ALL.len(), 34);
        for t in EventType::ALL {
            assert_eq!(t.display(), t.stored().to_lowercase());
            assert_eq!(EventType::from_stored(t.stored()), Some(*t));
        }
        assert_eq!(EventType::from_stored("virtual_session"), None, "only the stored name is known");
    }
}
