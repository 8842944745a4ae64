"""Pure numerical cores: arrays and tables in, tables out; no file, no map, no scenario."""
