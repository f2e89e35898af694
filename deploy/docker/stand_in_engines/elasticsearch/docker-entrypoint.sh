#!/bin/bash
# Starts Elasticsearch as the vendor's image does: a variable with dots in its name is a setting.
mapfile -t settings < <(env | grep -E '^[a-z0-9_]+\.[a-z0-9_.]+=' | sed 's/^/-E/')
exec bin/elasticsearch "${settings[@]}"
