"""What differs by place: settings from the environment, and which streams run."""
