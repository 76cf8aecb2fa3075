//! docs/operate/est.md, word for word: each block of commands is run as it stands there, with curl and OpenSSL alone.

use crate::{
    counter::{Counter, run, said},
    support::on_each_database_today,
};

const DOCUMENT: &str = include_str!("../../../../docs/operate/est.md");

/// The blocks of commands below a heading, joined.
fn commands_below(heading: &str) -> String {
    let (_, after) = DOCUMENT.split_once(&format!("\n## {heading}\n")).unwrap_or_else(|| panic!("no {heading}"));
    let section = after.split("\n## ").next().unwrap();
    let blocks: Vec<&str> = section.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert!(!blocks.is_empty(), "{heading} has commands");
    blocks.concat()
}

async fn follow(counter: &Counter<'_>, headings: &[&str]) -> String {
    let settings = format!("set -eu\nSERVER={}\nROOT=root.pem\n", counter.url);
    let script = headings.iter().fold(settings, |script, heading| script + &commands_below(heading));
    let output = run("bash", counter.folder.path(), &["-o", "pipefail", "-c", &script]).await;
    assert!(output.status.success(), "{}\n{script}", said(&output));
    said(&output)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_terminal_enrols_and_renews_with_the_documented_commands() {
    on_each_database_today(2, async |house| {
        let counter = Counter::open(house).await;
        let (id, secret) = (&counter.paper.id, &counter.paper.secret);
        counter.write("letter.conf", &format!("user = \"{id}:{secret}\"\n"));
        let text = follow(&counter, &["Certificates of the authority", "Enrolment"]).await;
        assert!(text.contains("certificate.pem: OK") && text.contains("\"installed_now\":true"), "{text}");
        assert!(text.contains(":prime256v1"), "what a request should hold: {text}");
        let made = counter.certificates().await;
        assert!(made.len() == 1 && made[0].installed_at.is_some());
        counter.agree().await;
        let text = follow(&counter, &["Renewal"]).await;
        assert!(text.contains("certificate.next.pem: OK") && text.contains("\"installed_now\":true"), "{text}");
        let made = counter.certificates().await;
        assert_eq!(made.len(), 2);
        assert_eq!(made[1].renews, Some(made[0].id));
        assert!(made[0].key_hash != made[1].key_hash && made[1].installed_at.is_some());
        counter.close();
    })
    .await;
}
