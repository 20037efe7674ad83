-- Whoever reads a tariff is told whether it was checked: how far the judge is, in the transaction that reads the views.
-- Not what went wrong with it: an error may quote what it was about.
grant select (name, position) on projection.follower to beffroi_organisation, beffroi_place;
