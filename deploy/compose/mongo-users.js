// Run once, by root, when the database is new: the user that the services are.
const password = require("fs").readFileSync("/secrets/mongo/password", "utf8");
db.getSiblingDB("admin").createUser({
  user: "pichaven",
  pwd: password,
  roles: ["identity", "upload", "gallery"].flatMap((service) => [
    { role: "readWrite", db: `pichaven_${service}` },
    { role: "dbAdmin", db: `pichaven_${service}` },
  ]),
});
