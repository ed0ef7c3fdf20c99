"""Looking into files that strangers made: in a child process with limits, never in the web or the worker itself."""
