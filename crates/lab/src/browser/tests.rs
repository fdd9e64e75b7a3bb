//! The browser itself: that it runs pages, keeps to this machine, and tells what happened.

use super::*;

#[test]
fn it_shows_a_page_and_tells_what_it_heard() -> anyhow::Result<()> {
    let browser = Browser::start(&Start { notes_requests: true, ..Start::default() })?;
    browser.open(
        "data:text/html,<title>here</title><label>Name <input></label><p>old</p><img src='http://example.com/x.png'>\
         <script>document.querySelector('input').onchange = event => { document.querySelector('p').textContent = \
         event.target.value }; console.error('told')</script>",
    )?;
    assert_eq!(browser.title()?, "here");
    browser.named("input", "Name")?.click()?;
    browser.keys("n<S-e>w<Enter>")?;
    browser.wait_for_text("p", "nEw")?;
    assert!(browser.picture()?.starts_with(b"\x89PNG"));
    browser.resize(360, 640)?;
    assert_eq!(browser.run("return innerWidth", &[])?, 360);
    browser.likes(Looks { dark: true, still: true })?;
    let media = "matchMedia('(prefers-color-scheme: dark)').matches && matchMedia('(prefers-reduced-motion)').matches";
    browser.wait_for(media)?;

    let heard = browser.heard()?;
    assert!(heard.iter().any(|entry| entry.source == "console-api" && entry.text.contains("told")), "{heard:?}");
    assert!(heard.iter().any(|entry| entry.text.contains("ERR_NAME_NOT_RESOLVED")), "{heard:?}");
    assert!(browser.is_quiet(&["told"]).is_err());
    browser.is_quiet(&["told", "ERR_NAME_NOT_RESOLVED"])?;
    assert!(browser.requests()?.iter().any(|request| request.url == "http://example.com/x.png"));

    browser.runs_scripts(false)?;
    browser.open("data:text/html,<p>still</p><script>document.querySelector('p').textContent = 'ran'</script>")?;
    assert_eq!(browser.find("p")?.text()?, "still");
    Ok(())
}
