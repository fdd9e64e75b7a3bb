//! What stands below the help of each command: examples, and what else is to be known to use it.
//! Must not know how a command works. Bounds: none.

pub(super) const WHISPER: &str = "\
Examples:
  whisper                             chat with whom discovery finds
  whisper --peer 192.168.1.7:55555    chat, starting with that peer
  whisper serve --nick relay          a peer without a face
  echo hello | whisper send -         say something through the peer that runs
  whisper tail --follow --json        what is said, one JSON event a line

While chatting, /help lists what else can be typed.
Each option of chat and serve can also be set in the environment (WHISPER_NICK for --nick) and in the config \
file (`whisper config path` tells where, `whisper config default` prints one with all that can be set).
Exit status: 0 done, 1 error, 2 usage, 3 no peer runs, 4 not acknowledged.";

pub(super) const CHAT: &str = "\
Examples:
  whisper chat                               chat with whom discovery finds
  whisper chat --peer 192.168.1.7:55555      starting with that peer
  whisper chat --plain                       lines alone, for a screen reader
  whisper chat --json | jq -r .body          events for a program to read

While chatting, /help lists what else can be typed. Ctrl-C or /quit ends it.";

pub(super) const SERVE: &str = "\
Examples:
  whisper serve --nick relay                    a peer that passes on what others say
  whisper serve --bind 192.168.1.7 --port 55555
  whisper serve --advertise 203.0.113.7:55555   behind a router that forwards that port
  whisper serve --json >> log.jsonl             with all events in a file

It ends by Ctrl-C or SIGTERM. `whisper tail`, `whisper send` and the web interface show what is said and take \
words.";

pub(super) const KEY: &str = "\
Examples:
  whisper key show
  whisper key verify bob 12345 67890 ...
  whisper key export backup.age
  whisper key protect

Who has the secret key can sign in your name. It is in the data directory; `export` writes it under a \
passphrase.";

pub(super) const KEY_SHOW: &str = "\
Examples:
  whisper key show
  whisper key show --json | jq -r .digits";

pub(super) const KEY_EXPORT: &str = "\
Examples:
  whisper key export backup.age
  whisper key export --passphrase-file secret.txt > backup.age";

pub(super) const KEY_IMPORT: &str = "\
Examples:
  whisper key import backup.age
  whisper key import --replace backup.age
  whisper key import - < backup.age";

pub(super) const KEY_PROTECT: &str = "\
Examples:
  whisper key protect
  whisper key protect --passphrase-file secret.txt

`whisper serve --passphrase-file secret.txt` starts a peer without a question.";

pub(super) const KEY_UNPROTECT: &str = "\
Examples:
  whisper key unprotect
  whisper key unprotect --passphrase-file secret.txt";

pub(super) const KEY_ROTATE: &str = "\
Examples:
  whisper key rotate

The key before is kept beside the new one. With the next start, your peer tells the others.";

pub(super) const KEY_VERIFY: &str = "\
Examples:
  whisper key verify bob 12345 67890 ...
  whisper key verify 12345 67890 ...            whoever has these digits
  whisper key verify bob whispernet-key:d75a98...";

pub(super) const SEND: &str = "\
Examples:
  whisper send hello
  whisper send -- --not-an-option
  make 2>&1 | whisper send -
  whisper send --file cat.gif
  whisper send --file cat.gif look

Exit status: 0 all of it is kept by the peer, 4 not acknowledged, it or a part of it.";

pub(super) const TAIL: &str = "\
Examples:
  whisper tail
  whisper tail --limit 10 --follow
  whisper tail --since 0 > all.txt
  whisper tail --follow --json | jq -r 'select(.event == \"message\") | .body'

With --follow it goes on across restarts of the peer, until Ctrl-C.";

pub(super) const SEARCH: &str = "\
Examples:
  whisper search coffee
  whisper search --json coffee | jq -r .nick | sort | uniq -c";

pub(super) const PEERS: &str = "\
Examples:
  whisper peers
  whisper peers --json | jq -r 'select(.state == \"connected\") | .addr'

Each line is a peer: address, state, which way its link points, nick, and what is still to be sent to it.";

pub(super) const CONNECT: &str = "\
Examples:
  whisper connect 192.168.1.7:55555
  whisper connect '[2001:db8::7]:55555'
  whisper connect chat.example.org:55555";

pub(super) const DISCONNECT: &str = "\
Examples:
  whisper disconnect 192.168.1.7:55555";

pub(super) const BLOCK: &str = "\
Examples:
  whisper block 192.168.1.7          every peer there
  whisper block 192.168.1.7:55555    that one
  whisper block bob                  what this person signs

The chat's /blocks lists who is blocked.";

pub(super) const UNBLOCK: &str = "\
Examples:
  whisper unblock 192.168.1.7
  whisper unblock bob";

pub(super) const CONFIG: &str = "\
Examples:
  whisper config path
  mkdir -p \"$(dirname \"$(whisper config path)\")\"
  whisper config default > \"$(whisper config path)\"

Options go before the environment (WHISPER_NICK, WHISPER_PORT, ...), and that before the file. WHISPER_CONFIG \
names another file. A key that is none, or a value that does not fit, is an error: exit status 2.";

pub(super) const CONFIG_DEFAULT: &str = "\
Examples:
  whisper config default
  mkdir -p \"$(dirname \"$(whisper config path)\")\"
  whisper config default > \"$(whisper config path)\"";

pub(super) const CONFIG_PATH: &str = "\
Examples:
  whisper config path
  $EDITOR \"$(whisper config path)\"

Standard output has the path alone; standard error tells where no file is there.";

pub(super) const COMPLETIONS: &str = "\
Examples:
  mkdir -p ~/.local/share/bash-completion/completions
  whisper completions bash > ~/.local/share/bash-completion/completions/whisper
  whisper completions zsh > ~/.zfunc/_whisper       a folder that stands in $fpath
  whisper completions fish > ~/.config/fish/completions/whisper.fish";

pub(super) const MAN: &str = "\
Examples:
  whisper man | man -l -
  whisper man --out ~/.local/share/man/man1";

pub(super) const DOCTOR: &str = "\
Examples:
  whisper doctor                                   each check with what was found and what to do
  whisper doctor --json | jq '.checks[].state'     the same for a program

It asks the running peer and this machine alone: nothing leaves the machine.
Exit status: 0 where nothing is at fault (there may be warnings), 1 where something is.";

pub(super) const WEB: &str = "\
Examples:
  whisper web                   print the link
  xdg-open \"$(whisper web)\"    open it

The link works once, within a minute: who has it is let in.";
