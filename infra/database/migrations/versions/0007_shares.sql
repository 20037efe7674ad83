-- How far each process of a rebuild has come with its share of the tenants; gone once the build has them all.
create table projection.view_share (
  schema   text    not null references projection.view_version (schema) on delete cascade,
  share    integer not null,
  shares   integer not null,
  position bigint  not null,
  primary key (schema, share)
);
grant select, insert, update, delete on projection.view_share to beffroi_project;
