"""What a town oversees: conventions, office hours promised and held, members by month."""
