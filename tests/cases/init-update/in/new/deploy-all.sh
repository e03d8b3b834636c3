#!/usr/bin/env bash
# as an older version wrote it
