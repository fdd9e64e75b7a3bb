// When something was said, as the server writes it too. Must not know what was said.

const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
// What dates can say: the years -9999 to 9999.
const FIRST_MS = -377_705_023_201_000;
const LAST_MS = 253_402_207_200_999;

const two = (number) => String(number).padStart(2, "0");
const fits = (ms) => ms !== null && ms >= FIRST_MS && ms <= LAST_MS;

// When it was said, as far as its author tells, in milliseconds.
export const told = (event) => event.time ?? event.received;

// In words, for people and for programs.
export function when(event) {
  const at = new Date([event.time, event.received].find(fits) ?? 0);
  const date = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  const day = `${DAYS[at.getDay()]}, ${at.getDate()} ${MONTHS[at.getMonth()]} ${at.getFullYear()}`;
  const time = `${two(at.getHours())}:${two(at.getMinutes())}`;
  const seconds = `${time}:${two(at.getSeconds())}`;
  const ahead = -at.getTimezoneOffset();
  const zone = `${ahead < 0 ? "-" : "+"}${two(Math.floor(Math.abs(ahead) / 60))}:${two(Math.abs(ahead) % 60)}`;
  return { date, day, time, datetime: `${date}T${seconds}${zone}`, all: `${day}, ${seconds}` };
}
