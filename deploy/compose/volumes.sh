#!/bin/sh
# Makes the secrets that are missing and gives each volume to the user that writes it. It runs as
# root before every start; what exists stays as it is.
set -eu
umask 077

new() { head -c "$1" /dev/urandom | base64 -w 0 | tr -d '=+/'; }
keep() { [ -s "$1" ] || printf %s "$2" > "$1"; }

cd /secrets
mkdir -p services storage mongo elasticsearch

keep storage/access_key_id "PH$(new 15)"
keep storage/secret_access_key "$(new 40)"
keep mongo/root_password "$(new 32)"
keep mongo/password "$(new 32)"
keep mongo/keyfile "$(new 96)"
keep elasticsearch/password "$(new 32)"
# Of identity's signing keys in the database: 32 bytes.
keep services/PICHAVEN_IDENTITY_KEY_ENCRYPTION_KEY "$(head -c 32 /dev/urandom | base64 -w 0)"

# Services find a setting in the file of its name, each in a volume of what it needs.
cp storage/access_key_id services/PICHAVEN_STORAGE_ACCESS_KEY_ID
cp storage/secret_access_key services/PICHAVEN_STORAGE_SECRET_ACCESS_KEY
cp mongo/password services/PICHAVEN_MONGO_PASSWORD
cp elasticsearch/password services/PICHAVEN_ELASTICSEARCH_PASSWORD
share() {
  folder="/shared/$1"
  shift
  rm -f "$folder"/*
  for name; do cp "services/$name" "$folder"; done
  chmod 500 "$folder"
  chown -R 65532:65532 "$folder"
}
share identity PICHAVEN_MONGO_PASSWORD PICHAVEN_IDENTITY_KEY_ENCRYPTION_KEY
share library PICHAVEN_MONGO_PASSWORD PICHAVEN_STORAGE_ACCESS_KEY_ID PICHAVEN_STORAGE_SECRET_ACCESS_KEY
share search PICHAVEN_STORAGE_ACCESS_KEY_ID PICHAVEN_STORAGE_SECRET_ACCESS_KEY PICHAVEN_ELASTICSEARCH_PASSWORD
share media PICHAVEN_STORAGE_ACCESS_KEY_ID PICHAVEN_STORAGE_SECRET_ACCESS_KEY

chmod 755 .
chmod 400 */*
chown -R 0:0 services
chown -R 65533:65533 storage
chown -R 999:999 mongo
chown -R 1000:0 elasticsearch

# Owner and folder; an old library has too many files to go through at each start.
give() { [ "$(stat -c %u "$2")" = "${1%:*}" ] || chown -R "$1" "$2"; }
give 65532:65532 /data/models
if [ -d /data/acme ]; then give 65532:65532 /data/acme; fi
give 65533:65533 /data/storage
give 999:999 /data/mongo
give 1000:0 /data/elasticsearch
give 1000:1000 /data/kafka
