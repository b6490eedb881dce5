// Turns HOST PORT check|careless into a request of Node's https module.
const [host, port, how] = process.argv.slice(2);
require("https")
  .get({ host, port, rejectUnauthorized: how === "check" }, (answer) => answer.resume())
  .on("error", (why) => { console.error(why.code); process.exitCode = 1; });
