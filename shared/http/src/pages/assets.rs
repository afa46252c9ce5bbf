//! The files that pages refer to, held in the program.

/// A file that pages refer to.
#[derive(Debug, Clone, Copy)]
pub struct Asset {
    /// Its content type.
    pub content_type: &'static str,
    /// Its content.
    pub content: &'static [u8],
}

/// The file of that name under `/management/cache/assets/`.
pub fn asset(name: &str) -> Option<Asset> {
    let (content_type, content): (_, &[u8]) = match name {
        "style.css" => ("text/css; charset=utf-8", include_bytes!("assets/style.css")),
        "page.js" => ("text/javascript; charset=utf-8", include_bytes!("assets/page.js")),
        "icon.svg" => ("image/svg+xml", include_bytes!("assets/icon.svg")),
        _ => return None,
    };
    Some(Asset { content_type, content })
}
