BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0002');
CREATE TABLE captures (
	run TEXT NOT NULL, 
	position INTEGER NOT NULL, 
	capture TEXT NOT NULL, 
	sha256 TEXT, 
	size BIGINT, 
	packets BIGINT, 
	bytes BIGINT, 
	first_time BIGINT, 
	last_time BIGINT, 
	link_types JSON, 
	truncated_packets BIGINT, 
	undecoded_packets BIGINT, 
	undecoded JSON, 
	lost_bytes BIGINT, 
	damage TEXT, 
	more JSON, 
	CONSTRAINT pk_captures PRIMARY KEY (run, position), 
	CONSTRAINT fk_captures_runs FOREIGN KEY(run) REFERENCES runs (id) ON DELETE CASCADE
);
INSERT INTO "captures" VALUES('r165be2ddab31',0,'pcaps/upnp_ports/capture.pcap','dfd915512d7347bdcb6a842fb72c6a38c432753bbfa0d8daee7e573897cf1b84',69328,280,64824,1795669169236485,1795669177001946,'["Ethernet"]',0,0,'{}',0,NULL,'{"dropped_packets": null}');
INSERT INTO "captures" VALUES('w5b3b20e7083b',0,'-',NULL,NULL,80,12924,1795345079184398,1795345082231841,'["Ethernet"]',0,0,'{}',0,NULL,'{"dropped_packets": null}');
CREATE TABLE caught (
	run TEXT NOT NULL, 
	hour INTEGER NOT NULL, 
	packets BIGINT NOT NULL, 
	bytes BIGINT NOT NULL, 
	dropped BIGINT NOT NULL, 
	CONSTRAINT pk_caught PRIMARY KEY (run, hour), 
	CONSTRAINT fk_caught_runs FOREIGN KEY(run) REFERENCES runs (id) ON DELETE CASCADE
);
INSERT INTO "caught" VALUES('w5b3b20e7083b',498706,80,12924,0);
CREATE TABLE changes (
	run TEXT NOT NULL, 
	device TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	name TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	"before" TEXT, 
	"after" TEXT NOT NULL, 
	CONSTRAINT pk_changes PRIMARY KEY (run, device, kind, name, at), 
	CONSTRAINT fk_changes_devices FOREIGN KEY(run, device) REFERENCES devices (run, id) ON DELETE CASCADE
);
INSERT INTO "changes" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20','provision','5.1-1',1795345082267299,NULL,'insufficient_evidence');
INSERT INTO "changes" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20','provision','5.1-2',1795345082267299,NULL,'insufficient_evidence');
INSERT INTO "changes" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20','provision','5.1-2A',1795345082267299,NULL,'insufficient_evidence');
INSERT INTO "changes" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20','provision','5.1-3',1795345082267299,NULL,'insufficient_evidence');
INSERT INTO "changes" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20','provision','5.1-4',1795345082267299,NULL,'not_observable');
INSERT INTO "changes" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20','provision','5.1-5',1795345082267299,NULL,'not_observable');
INSERT INTO "changes" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20','provision','5.2-1',1795345082267299,NULL,'not_observable');
INSERT INTO "changes" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20','provision','5.2-2',1795345082267299,NULL,'not_observable');
INSERT INTO "changes" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20','provision','5.2-3',1795345082267299,NULL,'not_observable');
INSERT INTO "changes" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20','provision','5.3-1',1795345082267299,NULL,'not_observable');
INSERT INTO "changes" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20','provision','5.3-2',1795345082267299,NULL,'insufficient_evidence');
INSERT INTO "changes" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20','provision','5.3-3',1795345082267299,NULL,'not_observable');
INSERT INTO "changes" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20','provision','5.3-4A',1795345082267299,NULL,'insufficient_evidence');
INSERT INTO "changes" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20','provision','5.3-4B',1795345082267299,NULL,'not_observable');
INSERT INTO "changes" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20','provision','5.3-5',1795345082267299,NULL,'insufficient_evidence');
INSERT INTO "changes" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20','provision','5.3-6A',1795345082267299,NULL,'not_observable');
INSERT INTO "changes" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20','provision','5.3-6B',1795345082267299,NULL,'not_observable');
INSERT INTO "changes" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20','provision','5.3-7',1795345082267299,NULL,'insufficient_evidence');
INSERT INTO "changes" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20','provision','5.3-8',1795345082267299,NULL,'insufficient_evidence');
INSERT INTO "changes" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20','provision','5.3-9',1795345082267299,NULL,'not_observable');
INSERT INTO "changes" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20','provision','5.3-10',1795345082267299,NULL,'insufficient_evidence');
INSERT INTO "changes" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20','provision','5.3-11',1795345082267299,NULL,'not_observable');
INSERT INTO "changes" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20','provision','5.3-12',1795345082267299,NULL,'not_observable');
INSERT INTO "changes" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20','provision','5.3-13',1795345082267299,NULL,'not_observable');
INSERT INTO "changes" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20','provision','5.3-14',1795345082267299,NULL,'not_observable');
INSERT INTO "changes" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20','provision','5.3-15A',1795345082267299,NULL,'not_observable');
INSERT INTO "changes" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20','provision','5.3-15B',1795345082267299,NULL,'not_observable');
INSERT INTO "changes" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20','provision','5.3-16',1795345082267299,NULL,'not_observable');
INSERT INTO "changes" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20','provision','5.5-1',1795345082267299,NULL,'insufficient_evidence');
INSERT INTO "changes" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20','provision','5.5-2',1795345082267299,NULL,'not_observable');
INSERT INTO "changes" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20','provision','5.5-3',1795345082267299,NULL,'not_observable');
INSERT INTO "changes" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20','provision','5.5-4',1795345082267299,NULL,'insufficient_evidence');
INSERT INTO "changes" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20','provision','5.5-5',1795345082267299,NULL,'insufficient_evidence');
INSERT INTO "changes" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20','provision','5.5-6',1795345082267299,NULL,'insufficient_evidence');
INSERT INTO "changes" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20','provision','5.5-7',1795345082267299,NULL,'insufficient_evidence');
INSERT INTO "changes" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20','provision','5.5-8',1795345082267299,NULL,'not_observable');
INSERT INTO "changes" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20','provision','5.8-1',1795345082267299,NULL,'insufficient_evidence');
INSERT INTO "changes" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20','provision','5.8-2',1795345082267299,NULL,'insufficient_evidence');
INSERT INTO "changes" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20','provision','5.8-3',1795345082267299,NULL,'not_observable');
INSERT INTO "changes" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20','provision','5.4-3',1795345082267299,NULL,'insufficient_evidence');
INSERT INTO "changes" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20','provision','5.4-4',1795345082267299,NULL,'not_observable');
INSERT INTO "changes" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20','provision','5.6-1',1795345082267299,NULL,'not_observable');
INSERT INTO "changes" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20','provision','5.6-2',1795345082267299,NULL,'insufficient_evidence');
INSERT INTO "changes" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20','verdict','no_default_passwords',1795345082267299,NULL,'insufficient_evidence');
INSERT INTO "changes" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20','verdict','vulnerability_disclosure',1795345082267299,NULL,'not_observable');
INSERT INTO "changes" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20','verdict','software_updates',1795345082267299,NULL,'insufficient_evidence');
INSERT INTO "changes" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20','verdict','secure_communication',1795345082267299,NULL,'insufficient_evidence');
INSERT INTO "changes" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20','verdict','personal_data',1795345082267299,NULL,'insufficient_evidence');
CREATE TABLE claims (
	run TEXT NOT NULL, 
	device TEXT NOT NULL, 
	field TEXT NOT NULL, 
	value TEXT NOT NULL, 
	confidence FLOAT NOT NULL, 
	more JSON, 
	CONSTRAINT pk_claims PRIMARY KEY (run, device, field), 
	CONSTRAINT fk_claims_devices FOREIGN KEY(run, device) REFERENCES devices (run, id) ON DELETE CASCADE
);
INSERT INTO "claims" VALUES('r165be2ddab31','3c:a6:2f:4e:51:01','vendor','Debian',0.988,NULL);
INSERT INTO "claims" VALUES('r165be2ddab31','3c:a6:2f:4e:51:01','category','router',0.995,NULL);
INSERT INTO "claims" VALUES('r165be2ddab31','3c:a6:2f:4e:51:01','model','Debian router',0.998,NULL);
INSERT INTO "claims" VALUES('r165be2ddab31','ec:71:db:4e:51:62','vendor','Reolink',0.924,NULL);
INSERT INTO "claims" VALUES('r165be2ddab31','ec:71:db:4e:51:62','category','camera',0.881,NULL);
INSERT INTO "claims" VALUES('w5b3b20e7083b','3c:a6:2f:4e:51:01','vendor','AVM',0.924,NULL);
INSERT INTO "claims" VALUES('w5b3b20e7083b','3c:a6:2f:4e:51:01','category','router',0.95,NULL);
INSERT INTO "claims" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20','category','plug',0.802,NULL);
INSERT INTO "claims" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20','os','Linux',0.924,NULL);
INSERT INTO "claims" VALUES('w5b3b20e7083b','a4:c3:f0:17:6d:05','category','computer',0.964,NULL);
CREATE TABLE concerned (
	run TEXT NOT NULL, 
	device TEXT NOT NULL, 
	finding TEXT NOT NULL, 
	CONSTRAINT pk_concerned PRIMARY KEY (run, device, finding), 
	CONSTRAINT fk_concerned_findings FOREIGN KEY(run, finding) REFERENCES findings (run, id) ON DELETE CASCADE
);
CREATE TABLE corrections (
	id INTEGER NOT NULL, 
	kind TEXT NOT NULL, 
	device TEXT, 
	other TEXT, 
	rule TEXT, 
	destination TEXT, 
	run TEXT, 
	finding TEXT, 
	value TEXT, 
	note TEXT, 
	until BIGINT, 
	"by" TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	undone_by TEXT, 
	undone_at BIGINT, 
	CONSTRAINT pk_corrections PRIMARY KEY (id)
);
CREATE TABLE days (
	run TEXT NOT NULL, 
	device TEXT NOT NULL, 
	day INTEGER NOT NULL, 
	protection TEXT NOT NULL, 
	party TEXT NOT NULL, 
	bytes BIGINT NOT NULL, 
	CONSTRAINT pk_days PRIMARY KEY (run, device, day, protection, party), 
	CONSTRAINT fk_days_devices FOREIGN KEY(run, device) REFERENCES devices (run, id) ON DELETE CASCADE
);
INSERT INTO "days" VALUES('r165be2ddab31','3c:a6:2f:4e:51:01',20783,'cleartext','local',46265);
INSERT INTO "days" VALUES('r165be2ddab31','ec:71:db:4e:51:62',20783,'cleartext','local',35026);
INSERT INTO "days" VALUES('w5b3b20e7083b','3c:a6:2f:4e:51:01',20779,'cleartext','local',5791);
INSERT INTO "days" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20',20779,'cleartext','local',1230);
INSERT INTO "days" VALUES('w5b3b20e7083b','a4:c3:f0:17:6d:05',20779,'cleartext','local',5990);
CREATE TABLE destinations (
	run TEXT NOT NULL, 
	device TEXT NOT NULL, 
	position INTEGER NOT NULL, 
	name TEXT, 
	address TEXT, 
	party TEXT, 
	bytes BIGINT, 
	more JSON, 
	CONSTRAINT pk_destinations PRIMARY KEY (run, device, position), 
	CONSTRAINT fk_destinations_devices FOREIGN KEY(run, device) REFERENCES devices (run, id) ON DELETE CASCADE
);
INSERT INTO "destinations" VALUES('r165be2ddab31','3c:a6:2f:4e:51:01',0,NULL,'192.168.50.62','local',34615,'{"country": null, "cleartext": 34615, "encrypted": 0, "unknown": 0}');
INSERT INTO "destinations" VALUES('r165be2ddab31','3c:a6:2f:4e:51:01',1,NULL,'239.255.255.250','local',11650,'{"country": null, "cleartext": 11650, "encrypted": 0, "unknown": 0}');
INSERT INTO "destinations" VALUES('r165be2ddab31','ec:71:db:4e:51:62',2,NULL,'192.168.50.1','local',34615,'{"country": null, "cleartext": 34615, "encrypted": 0, "unknown": 0}');
INSERT INTO "destinations" VALUES('r165be2ddab31','ec:71:db:4e:51:62',3,NULL,'239.255.255.250','local',411,'{"country": null, "cleartext": 411, "encrypted": 0, "unknown": 0}');
INSERT INTO "destinations" VALUES('w5b3b20e7083b','3c:a6:2f:4e:51:01',0,NULL,'192.168.50.90','local',4805,'{"country": null, "cleartext": 4805, "encrypted": 0, "unknown": 0}');
INSERT INTO "destinations" VALUES('w5b3b20e7083b','3c:a6:2f:4e:51:01',1,NULL,'192.168.50.20','local',623,'{"country": null, "cleartext": 623, "encrypted": 0, "unknown": 0}');
INSERT INTO "destinations" VALUES('w5b3b20e7083b','3c:a6:2f:4e:51:01',2,NULL,'fe80::a6c3:f0ff:fe17:6d05','local',231,'{"country": null, "cleartext": 231, "encrypted": 0, "unknown": 0}');
INSERT INTO "destinations" VALUES('w5b3b20e7083b','3c:a6:2f:4e:51:01',3,NULL,'fd00:50::14bd','local',132,'{"country": null, "cleartext": 132, "encrypted": 0, "unknown": 0}');
INSERT INTO "destinations" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20',0,NULL,'192.168.50.1','local',623,'{"country": null, "cleartext": 623, "encrypted": 0, "unknown": 0}');
INSERT INTO "destinations" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20',1,NULL,'255.255.255.255','local',607,'{"country": null, "cleartext": 607, "encrypted": 0, "unknown": 0}');
INSERT INTO "destinations" VALUES('w5b3b20e7083b','a4:c3:f0:17:6d:05',0,NULL,'192.168.50.1','local',4805,'{"country": null, "cleartext": 4805, "encrypted": 0, "unknown": 0}');
INSERT INTO "destinations" VALUES('w5b3b20e7083b','a4:c3:f0:17:6d:05',1,NULL,'255.255.255.255','local',672,'{"country": null, "cleartext": 672, "encrypted": 0, "unknown": 0}');
INSERT INTO "destinations" VALUES('w5b3b20e7083b','a4:c3:f0:17:6d:05',2,NULL,'fe80::3ea6:2fff:fe4e:5101','local',231,'{"country": null, "cleartext": 231, "encrypted": 0, "unknown": 0}');
INSERT INTO "destinations" VALUES('w5b3b20e7083b','a4:c3:f0:17:6d:05',3,NULL,'ff02::1:2','local',150,'{"country": null, "cleartext": 150, "encrypted": 0, "unknown": 0}');
INSERT INTO "destinations" VALUES('w5b3b20e7083b','a4:c3:f0:17:6d:05',4,NULL,'fd00:50::1','local',132,'{"country": null, "cleartext": 132, "encrypted": 0, "unknown": 0}');
CREATE TABLE devices (
	run TEXT NOT NULL, 
	id TEXT NOT NULL, 
	position INTEGER NOT NULL, 
	mac TEXT, 
	mac_randomized BOOLEAN, 
	addresses JSON, 
	hostname TEXT, 
	first_seen BIGINT, 
	last_seen BIGINT, 
	bytes_encrypted BIGINT, 
	bytes_cleartext BIGINT, 
	bytes_unknown BIGINT, 
	probably_same JSON, 
	in_scope BOOLEAN, 
	more JSON, 
	CONSTRAINT pk_devices PRIMARY KEY (run, id), 
	CONSTRAINT fk_devices_runs FOREIGN KEY(run) REFERENCES runs (id) ON DELETE CASCADE
);
INSERT INTO "devices" VALUES('r165be2ddab31','3c:a6:2f:4e:51:01',0,'3c:a6:2f:4e:51:01',0,'["192.168.50.1", "fe80::3ea6:2fff:fe4e:5101"]',NULL,1795669169532569,1795669177001946,0,46265,0,'[]',0,NULL);
INSERT INTO "devices" VALUES('r165be2ddab31','ec:71:db:4e:51:62',1,'ec:71:db:4e:51:62',0,'["192.168.50.62", "fe80::ee71:dbff:fe4e:5162"]',NULL,1795669169236485,1795669177001946,0,35026,0,'[]',1,NULL);
INSERT INTO "devices" VALUES('w5b3b20e7083b','3c:a6:2f:4e:51:01',0,'3c:a6:2f:4e:51:01',0,'["192.168.50.1", "fd00:50::1", "fe80::3ea6:2fff:fe4e:5101"]',NULL,1795345079184398,1795345082231841,0,5791,0,'[]',0,NULL);
INSERT INTO "devices" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20',1,'68:57:2d:4e:51:20',0,'["192.168.50.20", "fe80::6a57:2dff:fe4e:5120"]','plug-4e5120',1795345079312397,1795345081620392,0,1230,0,'[]',1,NULL);
INSERT INTO "devices" VALUES('w5b3b20e7083b','a4:c3:f0:17:6d:05',2,'a4:c3:f0:17:6d:05',0,'["192.168.50.90", "fd00:50::14bd", "fe80::a6c3:f0ff:fe17:6d05"]','nele-laptop',1795345079476411,1795345082231841,0,5990,0,'[]',0,NULL);
CREATE TABLE evidence (
	run TEXT NOT NULL, 
	finding TEXT NOT NULL, 
	position INTEGER NOT NULL, 
	capture TEXT NOT NULL, 
	frames JSON NOT NULL, 
	CONSTRAINT pk_evidence PRIMARY KEY (run, finding, position), 
	CONSTRAINT fk_evidence_findings FOREIGN KEY(run, finding) REFERENCES findings (run, id) ON DELETE CASCADE
);
INSERT INTO "evidence" VALUES('r165be2ddab31','d16644cadd15',0,'pcaps/upnp_ports/capture.pcap','[6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18]');
INSERT INTO "evidence" VALUES('r165be2ddab31','86480b9b5f25',0,'pcaps/upnp_ports/capture.pcap','[23]');
INSERT INTO "evidence" VALUES('r165be2ddab31','d1935d23589c',0,'pcaps/upnp_ports/capture.pcap','[46, 47, 48, 113, 114, 115, 182, 183, 184]');
INSERT INTO "evidence" VALUES('r165be2ddab31','07a76d0379c2',0,'pcaps/upnp_ports/capture.pcap','[46, 47, 48, 113, 114, 115, 182, 183, 184]');
INSERT INTO "evidence" VALUES('r165be2ddab31','ed083bd495ba',0,'pcaps/upnp_ports/capture.pcap','[46, 47, 48, 60, 70, 80, 90, 100, 113, 114, 115, 128, 138, 148, 159, 169, 182, 183, 184, 196, 206, 216, 226, 236, 246, 256, 266, 276]');
INSERT INTO "evidence" VALUES('r165be2ddab31','2fec0457cf4c',0,'pcaps/upnp_ports/capture.pcap','[48]');
INSERT INTO "evidence" VALUES('r165be2ddab31','2fec0457cf4c-2',0,'pcaps/upnp_ports/capture.pcap','[48]');
INSERT INTO "evidence" VALUES('r165be2ddab31','2fec0457cf4c-3',0,'pcaps/upnp_ports/capture.pcap','[48]');
INSERT INTO "evidence" VALUES('r165be2ddab31','63a4f9997af0',0,'pcaps/upnp_ports/capture.pcap','[56, 66, 78, 88, 96, 126, 134, 146, 156, 167, 192, 202, 212, 222, 232, 242, 254, 262, 274]');
INSERT INTO "evidence" VALUES('r165be2ddab31','cd1223c9bcfa',0,'pcaps/upnp_ports/capture.pcap','[88, 90, 156, 159]');
INSERT INTO "evidence" VALUES('w5b3b20e7083b','754c7fd47e29',0,'-','[4]');
INSERT INTO "evidence" VALUES('w5b3b20e7083b','754c7fd47e29-2',0,'-','[4]');
INSERT INTO "evidence" VALUES('w5b3b20e7083b','afd623a9f74d',0,'-','[10]');
INSERT INTO "evidence" VALUES('w5b3b20e7083b','afd623a9f74d-2',0,'-','[10]');
CREATE TABLE findings (
	run TEXT NOT NULL, 
	id TEXT NOT NULL, 
	position INTEGER NOT NULL, 
	rule TEXT NOT NULL, 
	severity TEXT NOT NULL, 
	device TEXT, 
	peer_device TEXT, 
	role TEXT, 
	capability TEXT, 
	provisions JSON, 
	client TEXT, 
	server TEXT, 
	protocol TEXT, 
	time BIGINT, 
	last_time BIGINT, 
	count BIGINT, 
	summary TEXT, 
	advice TEXT, 
	detail JSON, 
	more JSON, rank INTEGER DEFAULT '0' NOT NULL, peer TEXT, peer_name TEXT, 
	CONSTRAINT pk_findings PRIMARY KEY (run, id), 
	CONSTRAINT fk_findings_runs FOREIGN KEY(run) REFERENCES runs (id) ON DELETE CASCADE
);
INSERT INTO "findings" VALUES('r165be2ddab31','d16644cadd15',0,'exposure.disclosure','info','3c:a6:2f:4e:51:01',NULL,'client',NULL,'["EN 303 645 5.6-2"]','192.168.50.1:39838','239.255.255.250:1900','ssdp',1795669169785856,1795669169786114,14,'A device tells its identity over SSDP to whoever is on the network.','Nothing to do at home; in a network that strangers use, switch off discovery that you do not need.','{"told": "identity", "field": "ssdp.server", "values": ["Debian/6.1.0 UPnP/1.1 MiniUPnPd/2.3.1", "uuid:8f2c1d0a-3e5b-4f7c-9a39-21d84a0f3b1c::upnp:rootdevice", "uuid:8f2c1d0a-3e5b-4f7c-9a39-21d84a0f3b1c::urn:schemas-upnp-org:device:InternetGatewayDevice:2", "uuid:8f2c1d0a-3e5b-4f7c-9a39-21d84a0f3b1c", "uuid:8f2c1d0a-3e5b-4f7c-9a39-21d84a0f3b1e::urn:schemas-upnp-org:device:WANConnectionDevice:2", "uuid:8f2c1d0a-3e5b-4f7c-9a39-21d84a0f3b1e", "uuid:8f2c1d0a-3e5b-4f7c-9a39-21d84a0f3b1d::urn:schemas-upnp-org:device:WANDevice:2", "uuid:8f2c1d0a-3e5b-4f7c-9a39-21d84a0f3b1d", "uuid:8f2c1d0a-3e5b-4f7c-9a39-21d84a0f3b1e::urn:schemas-upnp-org:service:WANIPConnection:2", "uuid:8f2c1d0a-3e5b-4f7c-9a39-21d84a0f3b1c::urn:schemas-upnp-org:service:DeviceProtection:1", "uuid:8f2c1d0a-3e5b-4f7c-9a39-21d84a0f3b1e::urn:schemas-upnp-org:service:WANIPv6FirewallControl:1", "uuid:8f2c1d0a-3e5b-4f7c-9a39-21d84a0f3b1d::urn:schemas-upnp-org:service:WANCommonInterfaceConfig:1", "uuid:8f2c1d0a-3e5b-4f7c-9a39-21d84a0f3b1e::urn:schemas-upnp-org:service:WANPPPConnection:1", "uuid:8f2c1d0a-3e5b-4f7c-9a39-21d84a0f3b1c::urn:schemas-upnp-org:service:Layer3Forwarding:1"]}',NULL,4,'239.255.255.250',NULL);
INSERT INTO "findings" VALUES('r165be2ddab31','86480b9b5f25',1,'exposure.disclosure','info','3c:a6:2f:4e:51:01','ec:71:db:4e:51:62','server',NULL,'["EN 303 645 5.6-2"]','192.168.50.62:55908','192.168.50.1:1900','ssdp',1795669169912574,1795669169912574,2,'A device tells its identity over SSDP to whoever is on the network.','Nothing to do at home; in a network that strangers use, switch off discovery that you do not need.','{"told": "identity", "field": "ssdp.usn", "values": ["uuid:8f2c1d0a-3e5b-4f7c-9a39-21d84a0f3b1c::urn:schemas-upnp-org:device:InternetGatewayDevice:1", "Debian/6.1.0 UPnP/1.1 MiniUPnPd/2.3.1"]}',NULL,4,'192.168.50.62',NULL);
INSERT INTO "findings" VALUES('r165be2ddab31','d1935d23589c',2,'personal.serial','info','3c:a6:2f:4e:51:01','ec:71:db:4e:51:62','server',NULL,'[]','192.168.50.62:42536','192.168.50.1:5000','http',1795669171935362,1795669176626518,3,'A device''s own number crossed readable over HTTP inside the home network: anyone on the way can read it.','Keep strangers out of this network; where the device offers its encrypted form (HTTPS), use that.','{"encoding": ["plain"], "excerpt": "serialNumber: \u2026", "field": "serialNumber", "place": "body", "party": "local", "sent": true, "value": {"mask": "", "length": "8-11", "fingerprint": "k1:71364039b03a1d12"}, "harmless": null}',NULL,4,'192.168.50.62',NULL);
INSERT INTO "findings" VALUES('r165be2ddab31','07a76d0379c2',3,'personal.uuid','info','3c:a6:2f:4e:51:01','ec:71:db:4e:51:62','server',NULL,'[]','192.168.50.62:42536','192.168.50.1:5000','http',1795669171935362,1795669176626518,9,'An identifier that stays the same crossed readable over HTTP inside the home network: anyone on the way can read it.','Keep strangers out of this network; where the device offers its encrypted form (HTTPS), use that.','{"encoding": ["plain"], "excerpt": "uuid: 8\u2026", "field": "uuid", "place": "body", "party": "local", "sent": true, "value": {"mask": "8", "length": "16+", "fingerprint": "k1:7405e7fe92e7a64f"}, "harmless": null}',NULL,4,'192.168.50.62',NULL);
INSERT INTO "findings" VALUES('r165be2ddab31','ed083bd495ba',4,'transfer.unencrypted','low','3c:a6:2f:4e:51:01','ec:71:db:4e:51:62','server','secure_communication','["EN 303 645 5.5-1"]','192.168.50.62:42536','192.168.50.1:5000','http',1795669171935362,1795669177001134,22,'Data crossed unencrypted over HTTP inside the home network: anyone on the way can see it.','Prefer the service''s encrypted form (TLS); where the device has none, keep it away from networks you do not control.','{"application": "http", "content": "text", "bytes": 17366, "party": "local", "sent": true}',NULL,3,'192.168.50.62',NULL);
INSERT INTO "findings" VALUES('r165be2ddab31','2fec0457cf4c',5,'exposure.disclosure','info','3c:a6:2f:4e:51:01','ec:71:db:4e:51:62','server',NULL,'["EN 303 645 5.6-2"]','192.168.50.62:42536','192.168.50.1:5000','http',1795669171935362,1795669171935362,1,'A device tells its name over HTTP to whoever is on the network.','Nothing to do at home; in a network that strangers use, switch off discovery that you do not need.','{"told": "name", "field": "upnp.friendly_name", "values": ["Debian router"]}',NULL,4,'192.168.50.62',NULL);
INSERT INTO "findings" VALUES('r165be2ddab31','2fec0457cf4c-2',6,'exposure.disclosure','info','3c:a6:2f:4e:51:01','ec:71:db:4e:51:62','server',NULL,'["EN 303 645 5.6-2"]','192.168.50.62:42536','192.168.50.1:5000','http',1795669171935362,1795669171935362,3,'A device tells its identity over HTTP to whoever is on the network.','Nothing to do at home; in a network that strangers use, switch off discovery that you do not need.','{"told": "identity", "field": "upnp.manufacturer", "values": ["Debian", "Debian router", "uuid:8f2c1d0a-3e5b-4f7c-9a39-21d84a0f3b1c"]}',NULL,4,'192.168.50.62',NULL);
INSERT INTO "findings" VALUES('r165be2ddab31','2fec0457cf4c-3',7,'exposure.disclosure','low','3c:a6:2f:4e:51:01','ec:71:db:4e:51:62','server',NULL,'["EN 303 645 5.6-2"]','192.168.50.62:42536','192.168.50.1:5000','http',1795669171935362,1795669171935362,1,'A device tells its serial number over HTTP to whoever is on the network.','Nothing to do at home; in a network that strangers use, switch off discovery that you do not need.','{"told": "serial number", "field": "upnp.serial", "values": ["RT-000412"]}',NULL,3,'192.168.50.62',NULL);
INSERT INTO "findings" VALUES('r165be2ddab31','63a4f9997af0',8,'transfer.unencrypted','medium','3c:a6:2f:4e:51:01','ec:71:db:4e:51:62','server','secure_communication','["EN 303 645 5.5-1"]','192.168.50.62:42548','192.168.50.1:5000','http',1795669171935612,1795669176965118,19,'Commands crossed unencrypted over HTTP inside the home network: anyone on the way can see them.','Prefer the service''s encrypted form (TLS); where the device has none, keep it away from networks you do not control.','{"application": "http", "content": "control", "bytes": 6386, "party": "local", "sent": false}',NULL,2,'192.168.50.62',NULL);
INSERT INTO "findings" VALUES('r165be2ddab31','cd1223c9bcfa',9,'exposure.unauthenticated','high','3c:a6:2f:4e:51:01','ec:71:db:4e:51:62','server','secure_communication','["EN 303 645 5.5-4", "EN 303 645 5.5-5"]','192.168.50.62:42576','192.168.50.1:5000','http',1795669172209880,1795669174493680,2,'Somebody in the home network had a way through the router opened (UPnP port mapping), and no login was asked for.','Switch UPnP port mapping off in the router unless you need it, and look at its list of open ports.','{"service": "http", "action": "AddPortMapping", "control": true, "outside": false, "resources": ["port mapping 18443/TCP -> 192.168.50.62:443", "port mapping 10554/TCP -> 192.168.50.62:554"]}',NULL,1,'192.168.50.62',NULL);
INSERT INTO "findings" VALUES('w5b3b20e7083b','754c7fd47e29',0,'exposure.disclosure','info','68:57:2d:4e:51:20',NULL,'client',NULL,'["EN 303 645 5.6-2"]','0.0.0.0:68','255.255.255.255:67','dhcp',1795345079344535,1795345079344535,1,'A device tells its name over DHCP to whoever is on the network.','Nothing to do at home; in a network that strangers use, switch off discovery that you do not need.','{"told": "name", "field": "dhcp.hostname", "values": ["plug-4e5120"]}',NULL,4,'255.255.255.255',NULL);
INSERT INTO "findings" VALUES('w5b3b20e7083b','754c7fd47e29-2',1,'exposure.disclosure','info','68:57:2d:4e:51:20',NULL,'client',NULL,'["EN 303 645 5.6-2"]','0.0.0.0:68','255.255.255.255:67','dhcp',1795345079344535,1795345079344535,1,'A device tells its identity over DHCP to whoever is on the network.','Nothing to do at home; in a network that strangers use, switch off discovery that you do not need.','{"told": "identity", "field": "dhcp.vendor_class", "values": ["udhcp 1.19.4"]}',NULL,4,'255.255.255.255',NULL);
INSERT INTO "findings" VALUES('w5b3b20e7083b','afd623a9f74d',2,'exposure.disclosure','info','a4:c3:f0:17:6d:05',NULL,'client',NULL,'["EN 303 645 5.6-2"]','0.0.0.0:68','255.255.255.255:67','dhcp',1795345079492675,1795345079492675,2,'A device tells its name over DHCP to whoever is on the network.','Nothing to do at home; in a network that strangers use, switch off discovery that you do not need.','{"told": "name", "field": "dhcp.hostname", "values": ["nele-laptop", "nele-laptop.lab.example"]}',NULL,4,'255.255.255.255',NULL);
INSERT INTO "findings" VALUES('w5b3b20e7083b','afd623a9f74d-2',3,'exposure.disclosure','info','a4:c3:f0:17:6d:05',NULL,'client',NULL,'["EN 303 645 5.6-2"]','0.0.0.0:68','255.255.255.255:67','dhcp',1795345079492675,1795345079492675,1,'A device tells its identity over DHCP to whoever is on the network.','Nothing to do at home; in a network that strangers use, switch off discovery that you do not need.','{"told": "identity", "field": "dhcp.vendor_class", "values": ["anachronism 4.2"]}',NULL,4,'255.255.255.255',NULL);
CREATE TABLE provisions (
	run TEXT NOT NULL, 
	device TEXT NOT NULL, 
	position INTEGER NOT NULL, 
	v2 TEXT, 
	v3 TEXT, 
	capability TEXT, 
	modal TEXT, 
	status TEXT NOT NULL, 
	because JSON, 
	more JSON, 
	CONSTRAINT pk_provisions PRIMARY KEY (run, device, position), 
	CONSTRAINT fk_provisions_devices FOREIGN KEY(run, device) REFERENCES devices (run, id) ON DELETE CASCADE
);
INSERT INTO "provisions" VALUES('r165be2ddab31','ec:71:db:4e:51:62',0,'5.1-1','5.1-1','no_default_passwords','shall','insufficient_evidence','["Nothing against it, but too little was seen: 0 hours of listening (at least 24), 0 logins to the device (at least 1)."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r165be2ddab31','ec:71:db:4e:51:62',1,'5.1-2','5.1-2','no_default_passwords','shall','insufficient_evidence','["Traffic can raise a concern or give a sign here and did neither, which says nothing. Ask the maker how passwords are generated; compare several units."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r165be2ddab31','ec:71:db:4e:51:62',2,NULL,'5.1-2A','no_default_passwords','should','insufficient_evidence','["Nothing against it, but too little was seen: 0 hours of listening (at least 24)."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r165be2ddab31','ec:71:db:4e:51:62',3,'5.1-3','5.1-3','no_default_passwords','shall','insufficient_evidence','["Nothing against it, but too little was seen: 0 hours of listening (at least 24), 0 logins to the device (at least 1)."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r165be2ddab31','ec:71:db:4e:51:62',4,'5.1-4','5.1-4','no_default_passwords','shall','not_observable','["Traffic cannot show this. Change it, following the manual."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r165be2ddab31','ec:71:db:4e:51:62',5,'5.1-5','5.1-5','no_default_passwords','shall','not_observable','["Traffic cannot show this. Try many wrong passwords and watch for delays or locks."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r165be2ddab31','ec:71:db:4e:51:62',6,'5.2-1','5.2-1','vulnerability_disclosure','shall','none_on_record','["A policy of Reolink is not known to us, which says nothing of whether there is one. Look for the maker''s policy and security.txt (RFC 9116): contact, time to the first answer, times of further ones."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r165be2ddab31','ec:71:db:4e:51:62',7,'5.2-2','5.2-2','vulnerability_disclosure','should','not_observable','["Traffic cannot show this. Ask the maker for the record of past reports."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r165be2ddab31','ec:71:db:4e:51:62',8,'5.2-3','5.2-3','vulnerability_disclosure','should','not_observable','["Traffic cannot show this. Ask the maker how."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r165be2ddab31','ec:71:db:4e:51:62',9,'5.3-1','5.3-1','software_updates','should','not_observable','["Traffic cannot show this. List the components (IXIT 6-SoftComp) and how each is updated."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r165be2ddab31','ec:71:db:4e:51:62',10,'5.3-2','5.3-2','software_updates','shall','insufficient_evidence','["Traffic can raise a concern or give a sign here and did neither, which says nothing. Install an update; examine its signature."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r165be2ddab31','ec:71:db:4e:51:62',11,'5.3-3','5.3-3','software_updates','shall','not_observable','["Traffic cannot show this. Apply one, following the manual."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r165be2ddab31','ec:71:db:4e:51:62',12,'5.3-4','5.3-4A','software_updates','should','insufficient_evidence','["Traffic can raise a concern or give a sign here and did neither, which says nothing. Look into the settings."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r165be2ddab31','ec:71:db:4e:51:62',13,'5.3-4','5.3-4B','software_updates','should','not_observable','["Traffic cannot show this. Set a device up and read what it asks."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r165be2ddab31','ec:71:db:4e:51:62',14,'5.3-5','5.3-5','software_updates','should','insufficient_evidence','["Traffic can raise a concern or give a sign here and did neither, which says nothing. Watch the device for longer than the maker''s stated period."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r165be2ddab31','ec:71:db:4e:51:62',15,'5.3-6','5.3-6A','software_updates','should','not_observable','["Traffic cannot show this. Look into the settings."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r165be2ddab31','ec:71:db:4e:51:62',16,'5.3-6','5.3-6B','software_updates','should','not_observable','["Traffic cannot show this. Look into the settings."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r165be2ddab31','ec:71:db:4e:51:62',17,'5.3-7','5.3-7','software_updates','shall','insufficient_evidence','["Traffic can raise a concern or give a sign here and did neither, which says nothing. Examine the update''s signature and its check on the device."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r165be2ddab31','ec:71:db:4e:51:62',18,'5.3-8','5.3-8','software_updates','shall','insufficient_evidence','["Traffic can raise a concern or give a sign here and did neither, which says nothing. Compare the maker''s releases with the dates of the flaws they mend."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r165be2ddab31','ec:71:db:4e:51:62',19,'5.3-9','5.3-9','software_updates','should','not_observable','["Traffic cannot show this. Offer a changed update."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r165be2ddab31','ec:71:db:4e:51:62',20,'5.3-10','5.3-10','software_updates','shall','insufficient_evidence','["Traffic can raise a concern or give a sign here and did neither, which says nothing. Offer an update from another server."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r165be2ddab31','ec:71:db:4e:51:62',21,'5.3-11','5.3-11','software_updates','should','not_observable','["Traffic cannot show this. Offer an update and read the notice."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r165be2ddab31','ec:71:db:4e:51:62',22,'5.3-12','5.3-12','software_updates','should','not_observable','["Traffic cannot show this. Apply an update and read the notice."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r165be2ddab31','ec:71:db:4e:51:62',23,'5.3-13','5.3-13','software_updates','shall','not_observable','["Traffic cannot show this. Look for it at the maker''s site and at the place of sale."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r165be2ddab31','ec:71:db:4e:51:62',24,'5.3-14','5.3-14','software_updates','should','not_observable','["Traffic cannot show this. Read the maker''s documents."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r165be2ddab31','ec:71:db:4e:51:62',25,'5.3-15','5.3-15A','software_updates','should','not_observable','["Traffic cannot show this. Isolate the device and use it."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r165be2ddab31','ec:71:db:4e:51:62',26,'5.3-15','5.3-15B','software_updates','should','not_observable','["Traffic cannot show this. Read the maker''s documents."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r165be2ddab31','ec:71:db:4e:51:62',27,'5.3-16','5.3-16','software_updates','shall','not_observable','["Traffic cannot show this. Look at the label and the interface."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r165be2ddab31','ec:71:db:4e:51:62',28,'5.5-1','5.5-1','secure_communication','shall','insufficient_evidence','["Nothing against it, but too little was seen: 0 hours of listening (at least 24)."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r165be2ddab31','ec:71:db:4e:51:62',29,'5.5-2','5.5-2','secure_communication','should','not_observable','["Traffic cannot show this. Ask the maker which libraries are used."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r165be2ddab31','ec:71:db:4e:51:62',30,'5.5-3','5.5-3','secure_communication','should','not_observable','["Traffic cannot show this. Ask the maker."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r165be2ddab31','ec:71:db:4e:51:62',31,'5.5-4','5.5-4','secure_communication','should','insufficient_evidence','["Nothing against it, but too little was seen: 0 hours of listening (at least 24), 0 conversations in which somebody used the device (at least 1)."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r165be2ddab31','ec:71:db:4e:51:62',32,'5.5-5','5.5-5','secure_communication','shall','insufficient_evidence','["Nothing against it, but too little was seen: 0 hours of listening (at least 24), 0 conversations in which somebody used the device (at least 1)."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r165be2ddab31','ec:71:db:4e:51:62',33,'5.5-6','5.5-6','secure_communication','should','insufficient_evidence','["Nothing against it, but too little was seen: 0 hours of listening (at least 24)."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r165be2ddab31','ec:71:db:4e:51:62',34,'5.5-7','5.5-7','secure_communication','shall','insufficient_evidence','["Nothing against it, but too little was seen: 0 hours of listening (at least 24)."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r165be2ddab31','ec:71:db:4e:51:62',35,'5.5-8','5.5-8','secure_communication','shall','not_observable','["Traffic cannot show this. Examine the maker''s process."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r165be2ddab31','ec:71:db:4e:51:62',36,'5.8-1','5.8-1','personal_data','should','insufficient_evidence','["Nothing against it, but too little was seen: 0 hours of listening (at least 24), 0 conversations with something outside the local network (at least 1)."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r165be2ddab31','ec:71:db:4e:51:62',37,'5.8-2','5.8-2','personal_data','shall','insufficient_evidence','["Nothing against it, but too little was seen: 0 hours of listening (at least 24), 0 conversations with something outside the local network (at least 1)."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r165be2ddab31','ec:71:db:4e:51:62',38,'5.8-3','5.8-3','personal_data','shall','not_observable','["Traffic cannot show this. Compare the documents with the device''s sensors."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r165be2ddab31','ec:71:db:4e:51:62',39,'5.4-3','5.4-3',NULL,'shall','insufficient_evidence','["Traffic can raise a concern or give a sign here and did neither, which says nothing. Search the software image for keys and passwords; compare two units."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r165be2ddab31','ec:71:db:4e:51:62',40,'5.4-4','5.4-4',NULL,'shall','not_observable','["Traffic cannot show this. Compare keys and certificates of two units."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r165be2ddab31','ec:71:db:4e:51:62',41,'5.6-1','5.6-1',NULL,'shall','not_observable','["Traffic cannot show this. Scan all ports and compare with the documented services (IXIT 13-SoftServ)."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r165be2ddab31','ec:71:db:4e:51:62',42,'5.6-2','5.6-2',NULL,'shall','insufficient_evidence','["Nothing against it, but too little was seen: 0 hours of listening (at least 24)."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20',0,'5.1-1','5.1-1','no_default_passwords','shall','insufficient_evidence','["Nothing against it, but too little was seen: 0 hours of listening (at least 24), 2 conversations (at least 10), 0 logins to the device (at least 1)."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20',1,'5.1-2','5.1-2','no_default_passwords','shall','insufficient_evidence','["Traffic can raise a concern or give a sign here and did neither, which says nothing. Ask the maker how passwords are generated; compare several units."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20',2,NULL,'5.1-2A','no_default_passwords','should','insufficient_evidence','["Nothing against it, but too little was seen: 0 hours of listening (at least 24), 2 conversations (at least 10)."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20',3,'5.1-3','5.1-3','no_default_passwords','shall','insufficient_evidence','["Nothing against it, but too little was seen: 0 hours of listening (at least 24), 2 conversations (at least 10), 0 logins to the device (at least 1)."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20',4,'5.1-4','5.1-4','no_default_passwords','shall','not_observable','["Traffic cannot show this. Change it, following the manual."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20',5,'5.1-5','5.1-5','no_default_passwords','shall','not_observable','["Traffic cannot show this. Try many wrong passwords and watch for delays or locks."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20',6,'5.2-1','5.2-1','vulnerability_disclosure','shall','not_observable','["Traffic cannot show this. Look for the maker''s policy and security.txt (RFC 9116): contact, time to the first answer, times of further ones."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20',7,'5.2-2','5.2-2','vulnerability_disclosure','should','not_observable','["Traffic cannot show this. Ask the maker for the record of past reports."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20',8,'5.2-3','5.2-3','vulnerability_disclosure','should','not_observable','["Traffic cannot show this. Ask the maker how."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20',9,'5.3-1','5.3-1','software_updates','should','not_observable','["Traffic cannot show this. List the components (IXIT 6-SoftComp) and how each is updated."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20',10,'5.3-2','5.3-2','software_updates','shall','insufficient_evidence','["Traffic can raise a concern or give a sign here and did neither, which says nothing. Install an update; examine its signature."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20',11,'5.3-3','5.3-3','software_updates','shall','not_observable','["Traffic cannot show this. Apply one, following the manual."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20',12,'5.3-4','5.3-4A','software_updates','should','insufficient_evidence','["Traffic can raise a concern or give a sign here and did neither, which says nothing. Look into the settings."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20',13,'5.3-4','5.3-4B','software_updates','should','not_observable','["Traffic cannot show this. Set a device up and read what it asks."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20',14,'5.3-5','5.3-5','software_updates','should','insufficient_evidence','["Traffic can raise a concern or give a sign here and did neither, which says nothing. Watch the device for longer than the maker''s stated period."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20',15,'5.3-6','5.3-6A','software_updates','should','not_observable','["Traffic cannot show this. Look into the settings."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20',16,'5.3-6','5.3-6B','software_updates','should','not_observable','["Traffic cannot show this. Look into the settings."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20',17,'5.3-7','5.3-7','software_updates','shall','insufficient_evidence','["Traffic can raise a concern or give a sign here and did neither, which says nothing. Examine the update''s signature and its check on the device."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20',18,'5.3-8','5.3-8','software_updates','shall','insufficient_evidence','["Traffic can raise a concern or give a sign here and did neither, which says nothing. Compare the maker''s releases with the dates of the flaws they mend."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20',19,'5.3-9','5.3-9','software_updates','should','not_observable','["Traffic cannot show this. Offer a changed update."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20',20,'5.3-10','5.3-10','software_updates','shall','insufficient_evidence','["Traffic can raise a concern or give a sign here and did neither, which says nothing. Offer an update from another server."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20',21,'5.3-11','5.3-11','software_updates','should','not_observable','["Traffic cannot show this. Offer an update and read the notice."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20',22,'5.3-12','5.3-12','software_updates','should','not_observable','["Traffic cannot show this. Apply an update and read the notice."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20',23,'5.3-13','5.3-13','software_updates','shall','not_observable','["Traffic cannot show this. Look for it at the maker''s site and at the place of sale."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20',24,'5.3-14','5.3-14','software_updates','should','not_observable','["Traffic cannot show this. Read the maker''s documents."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20',25,'5.3-15','5.3-15A','software_updates','should','not_observable','["Traffic cannot show this. Isolate the device and use it."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20',26,'5.3-15','5.3-15B','software_updates','should','not_observable','["Traffic cannot show this. Read the maker''s documents."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20',27,'5.3-16','5.3-16','software_updates','shall','not_observable','["Traffic cannot show this. Look at the label and the interface."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20',28,'5.5-1','5.5-1','secure_communication','shall','insufficient_evidence','["Nothing against it, but too little was seen: 0 hours of listening (at least 24), 2 conversations (at least 10)."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20',29,'5.5-2','5.5-2','secure_communication','should','not_observable','["Traffic cannot show this. Ask the maker which libraries are used."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20',30,'5.5-3','5.5-3','secure_communication','should','not_observable','["Traffic cannot show this. Ask the maker."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20',31,'5.5-4','5.5-4','secure_communication','should','insufficient_evidence','["Nothing against it, but too little was seen: 0 hours of listening (at least 24), 2 conversations (at least 10), 0 conversations in which somebody used the device (at least 1)."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20',32,'5.5-5','5.5-5','secure_communication','shall','insufficient_evidence','["Nothing against it, but too little was seen: 0 hours of listening (at least 24), 2 conversations (at least 10), 0 conversations in which somebody used the device (at least 1)."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20',33,'5.5-6','5.5-6','secure_communication','should','insufficient_evidence','["Nothing against it, but too little was seen: 0 hours of listening (at least 24), 2 conversations (at least 10)."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20',34,'5.5-7','5.5-7','secure_communication','shall','insufficient_evidence','["Nothing against it, but too little was seen: 0 hours of listening (at least 24), 2 conversations (at least 10)."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20',35,'5.5-8','5.5-8','secure_communication','shall','not_observable','["Traffic cannot show this. Examine the maker''s process."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20',36,'5.8-1','5.8-1','personal_data','should','insufficient_evidence','["Nothing against it, but too little was seen: 0 hours of listening (at least 24), 2 conversations (at least 10), 0 conversations with something outside the local network (at least 1)."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20',37,'5.8-2','5.8-2','personal_data','shall','insufficient_evidence','["Nothing against it, but too little was seen: 0 hours of listening (at least 24), 2 conversations (at least 10), 0 conversations with something outside the local network (at least 1)."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20',38,'5.8-3','5.8-3','personal_data','shall','not_observable','["Traffic cannot show this. Compare the documents with the device''s sensors."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20',39,'5.4-3','5.4-3',NULL,'shall','insufficient_evidence','["Traffic can raise a concern or give a sign here and did neither, which says nothing. Search the software image for keys and passwords; compare two units."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20',40,'5.4-4','5.4-4',NULL,'shall','not_observable','["Traffic cannot show this. Compare keys and certificates of two units."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20',41,'5.6-1','5.6-1',NULL,'shall','not_observable','["Traffic cannot show this. Scan all ports and compare with the documented services (IXIT 13-SoftServ)."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20',42,'5.6-2','5.6-2',NULL,'shall','insufficient_evidence','["Nothing against it, but too little was seen: 0 hours of listening (at least 24), 2 conversations (at least 10)."]','{"settled_by": []}');
CREATE TABLE reasons (
	run TEXT NOT NULL, 
	device TEXT NOT NULL, 
	claim TEXT NOT NULL, 
	position INTEGER NOT NULL, 
	field TEXT, 
	value TEXT, 
	signature TEXT, 
	evidence JSON, 
	more JSON, 
	CONSTRAINT pk_reasons PRIMARY KEY (run, device, claim, position), 
	CONSTRAINT fk_reasons_claims FOREIGN KEY(run, device, claim) REFERENCES claims (run, device, field) ON DELETE CASCADE
);
INSERT INTO "reasons" VALUES('r165be2ddab31','3c:a6:2f:4e:51:01','vendor',0,'upnp.manufacturer','Debian','upnp.manufacturer/maker','[{"capture": "pcaps/upnp_ports/capture.pcap", "frames": [48]}]',NULL);
INSERT INTO "reasons" VALUES('r165be2ddab31','3c:a6:2f:4e:51:01','vendor',1,'device.maker','Debian','device.maker/maker','[{"capture": "pcaps/upnp_ports/capture.pcap", "frames": [46, 47, 48]}]',NULL);
INSERT INTO "reasons" VALUES('r165be2ddab31','3c:a6:2f:4e:51:01','category',2,'ssdp.nt','urn:schemas-upnp-org:device:InternetGatewayDevice:2','ssdp.st/igd','[{"capture": "pcaps/upnp_ports/capture.pcap", "frames": [7]}]',NULL);
INSERT INTO "reasons" VALUES('r165be2ddab31','3c:a6:2f:4e:51:01','category',3,'ssdp.nt','urn:schemas-upnp-org:device:WANConnectionDevice:2','ssdp.st/igd','[{"capture": "pcaps/upnp_ports/capture.pcap", "frames": [9]}]',NULL);
INSERT INTO "reasons" VALUES('r165be2ddab31','3c:a6:2f:4e:51:01','category',4,'ssdp.nt','urn:schemas-upnp-org:device:WANDevice:2','ssdp.st/igd','[{"capture": "pcaps/upnp_ports/capture.pcap", "frames": [11]}]',NULL);
INSERT INTO "reasons" VALUES('r165be2ddab31','3c:a6:2f:4e:51:01','category',5,'ssdp.st','urn:schemas-upnp-org:device:InternetGatewayDevice:1','ssdp.st/igd','[{"capture": "pcaps/upnp_ports/capture.pcap", "frames": [23]}]',NULL);
INSERT INTO "reasons" VALUES('r165be2ddab31','3c:a6:2f:4e:51:01','category',6,'ssdp.usn','uuid:8f2c1d0a-3e5b-4f7c-9a39-21d84a0f3b1c::urn:schemas-upnp-org:device:InternetGatewayDevice:1','ssdp.st/igd','[{"capture": "pcaps/upnp_ports/capture.pcap", "frames": [23]}]',NULL);
INSERT INTO "reasons" VALUES('r165be2ddab31','3c:a6:2f:4e:51:01','category',7,'ssdp.usn','uuid:8f2c1d0a-3e5b-4f7c-9a39-21d84a0f3b1c::urn:schemas-upnp-org:device:InternetGatewayDevice:2','ssdp.st/igd','[{"capture": "pcaps/upnp_ports/capture.pcap", "frames": [7]}]',NULL);
INSERT INTO "reasons" VALUES('r165be2ddab31','3c:a6:2f:4e:51:01','category',8,'ssdp.usn','uuid:8f2c1d0a-3e5b-4f7c-9a39-21d84a0f3b1d::urn:schemas-upnp-org:device:WANDevice:2','ssdp.st/igd','[{"capture": "pcaps/upnp_ports/capture.pcap", "frames": [11]}]',NULL);
INSERT INTO "reasons" VALUES('r165be2ddab31','3c:a6:2f:4e:51:01','category',9,'ssdp.usn','uuid:8f2c1d0a-3e5b-4f7c-9a39-21d84a0f3b1e::urn:schemas-upnp-org:device:WANConnectionDevice:2','ssdp.st/igd','[{"capture": "pcaps/upnp_ports/capture.pcap", "frames": [9]}]',NULL);
INSERT INTO "reasons" VALUES('r165be2ddab31','3c:a6:2f:4e:51:01','category',10,'upnp.device_type','urn:schemas-upnp-org:device:InternetGatewayDevice:2','ssdp.st/igd','[{"capture": "pcaps/upnp_ports/capture.pcap", "frames": [48]}]',NULL);
INSERT INTO "reasons" VALUES('r165be2ddab31','3c:a6:2f:4e:51:01','category',11,'upnp.device_type','urn:schemas-upnp-org:device:WANConnectionDevice:2','ssdp.st/igd','[{"capture": "pcaps/upnp_ports/capture.pcap", "frames": [48]}]',NULL);
INSERT INTO "reasons" VALUES('r165be2ddab31','3c:a6:2f:4e:51:01','category',12,'upnp.device_type','urn:schemas-upnp-org:device:WANDevice:2','ssdp.st/igd','[{"capture": "pcaps/upnp_ports/capture.pcap", "frames": [48]}]',NULL);
INSERT INTO "reasons" VALUES('r165be2ddab31','3c:a6:2f:4e:51:01','category',13,'http.server','Debian/6.1.0 UPnP/1.1 MiniUPnPd/2.3.1','ssdp.server/miniupnpd','[{"capture": "pcaps/upnp_ports/capture.pcap", "frames": [46]}]',NULL);
INSERT INTO "reasons" VALUES('r165be2ddab31','3c:a6:2f:4e:51:01','model',14,'upnp.model_name','Debian router','upnp.model_name/name','[{"capture": "pcaps/upnp_ports/capture.pcap", "frames": [48]}]',NULL);
INSERT INTO "reasons" VALUES('r165be2ddab31','3c:a6:2f:4e:51:01','model',15,'device.model','Debian router','device.model/model','[{"capture": "pcaps/upnp_ports/capture.pcap", "frames": [46, 47, 48]}]',NULL);
INSERT INTO "reasons" VALUES('r165be2ddab31','ec:71:db:4e:51:62','vendor',16,'mac.oui','Reolink Innovation Limited','oui','[]',NULL);
INSERT INTO "reasons" VALUES('r165be2ddab31','ec:71:db:4e:51:62','category',17,'mac.oui','Reolink Innovation Limited','makers','[]',NULL);
INSERT INTO "reasons" VALUES('w5b3b20e7083b','3c:a6:2f:4e:51:01','vendor',0,'mac.oui','AVM Audiovisuelles Marketing und Computersysteme GmbH','oui','[]',NULL);
INSERT INTO "reasons" VALUES('w5b3b20e7083b','3c:a6:2f:4e:51:01','category',1,'mac.oui','AVM Audiovisuelles Marketing und Computersysteme GmbH','makers','[]',NULL);
INSERT INTO "reasons" VALUES('w5b3b20e7083b','3c:a6:2f:4e:51:01','category',2,'dhcp.router','itself','dhcp.router/itself','[{"capture": "-", "frames": [8]}]',NULL);
INSERT INTO "reasons" VALUES('w5b3b20e7083b','3c:a6:2f:4e:51:01','category',3,'dhcp.server','192.168.50.1','dhcp.server/serves','[{"capture": "-", "frames": [6]}]',NULL);
INSERT INTO "reasons" VALUES('w5b3b20e7083b','3c:a6:2f:4e:51:01','category',4,'port.udp','53','port.udp/dns','[{"capture": "-", "frames": [79]}]',NULL);
INSERT INTO "reasons" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20','category',0,'dhcp.hostname','plug-4e5120','dhcp.hostname/word-plug','[{"capture": "-", "frames": [4]}]',NULL);
INSERT INTO "reasons" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20','os',1,'dhcp.vendor_class','udhcp 1.19.4','dhcp.vendor_class/udhcp','[{"capture": "-", "frames": [4]}]',NULL);
INSERT INTO "reasons" VALUES('w5b3b20e7083b','a4:c3:f0:17:6d:05','category',0,'dhcp.fqdn','nele-laptop.lab.example','dhcp.hostname/word-laptop','[{"capture": "-", "frames": [10]}]',NULL);
INSERT INTO "reasons" VALUES('w5b3b20e7083b','a4:c3:f0:17:6d:05','category',1,'dhcp.hostname','nele-laptop','dhcp.hostname/word-laptop','[{"capture": "-", "frames": [10]}]',NULL);
INSERT INTO "reasons" VALUES('w5b3b20e7083b','a4:c3:f0:17:6d:05','category',2,'mac.oui','Intel Corporate','oui','[]',NULL);
CREATE TABLE runs (
	id TEXT NOT NULL, 
	written BIGINT NOT NULL, 
	tool_version TEXT NOT NULL, 
	tool_sha256 TEXT, 
	signatures_sha256 TEXT, 
	worst TEXT, 
	failures INTEGER NOT NULL, 
	bounds JSON NOT NULL, batch TEXT, 
	CONSTRAINT pk_runs PRIMARY KEY (id)
);
INSERT INTO "runs" VALUES('r165be2ddab31',1796010447850929,'0.1.0','3e094c800f2fb9b52703c0f2ccd8871e34d4d2414bf0dcddbd36fcae8f2086b1','8744517e6caf7cc4433637334fa7dcb1c88926cd8cce3e7433ddae6910720aa2','insufficient_evidence',0,'{}',NULL);
INSERT INTO "runs" VALUES('w5b3b20e7083b',1796010448716340,'0.1.0','3e094c800f2fb9b52703c0f2ccd8871e34d4d2414bf0dcddbd36fcae8f2086b1','8744517e6caf7cc4433637334fa7dcb1c88926cd8cce3e7433ddae6910720aa2','insufficient_evidence',0,'{}','e7b87dcdba0895b7');
CREATE TABLE sensors (
	run TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	state TEXT NOT NULL, 
	told TEXT NOT NULL, 
	source TEXT NOT NULL, 
	packets BIGINT NOT NULL, 
	bytes BIGINT NOT NULL, 
	dropped BIGINT NOT NULL, 
	last_packet BIGINT, 
	more JSON, 
	CONSTRAINT pk_sensors PRIMARY KEY (run), 
	CONSTRAINT fk_sensors_runs FOREIGN KEY(run) REFERENCES runs (id) ON DELETE CASCADE
);
INSERT INTO "sensors" VALUES('w5b3b20e7083b',1796010448716340,'ended','the stream has ended','-',80,12924,0,1795345082231841,'{"sources": [{"source": "-", "state": "ended", "told": "the stream has ended", "captures": 1, "packets": 80, "dropped_packets": 0, "lost_share": 0.0}], "live_flows": 0}');
CREATE TABLE traffic (
	run TEXT NOT NULL, 
	device TEXT NOT NULL, 
	hour INTEGER NOT NULL, 
	protection TEXT NOT NULL, 
	party TEXT NOT NULL, 
	bytes BIGINT NOT NULL, 
	CONSTRAINT pk_traffic PRIMARY KEY (run, device, hour, protection, party), 
	CONSTRAINT fk_traffic_devices FOREIGN KEY(run, device) REFERENCES devices (run, id) ON DELETE CASCADE
);
INSERT INTO "traffic" VALUES('r165be2ddab31','3c:a6:2f:4e:51:01',498796,'cleartext','local',46265);
INSERT INTO "traffic" VALUES('r165be2ddab31','ec:71:db:4e:51:62',498796,'cleartext','local',35026);
INSERT INTO "traffic" VALUES('w5b3b20e7083b','3c:a6:2f:4e:51:01',498706,'cleartext','local',5791);
INSERT INTO "traffic" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20',498706,'cleartext','local',1230);
INSERT INTO "traffic" VALUES('w5b3b20e7083b','a4:c3:f0:17:6d:05',498706,'cleartext','local',5990);
CREATE TABLE verdicts (
	run TEXT NOT NULL, 
	device TEXT NOT NULL, 
	capability TEXT NOT NULL, 
	position INTEGER NOT NULL, 
	status TEXT NOT NULL, 
	because JSON, 
	coverage JSON, 
	more JSON, 
	CONSTRAINT pk_verdicts PRIMARY KEY (run, device, capability), 
	CONSTRAINT fk_verdicts_devices FOREIGN KEY(run, device) REFERENCES devices (run, id) ON DELETE CASCADE
);
INSERT INTO "verdicts" VALUES('r165be2ddab31','ec:71:db:4e:51:62','no_default_passwords',0,'insufficient_evidence','["Nothing against it, but too little was seen: 0 hours of listening (at least 24), 0 logins to the device (at least 1).", "Traffic can raise a concern or give a sign here and did neither, which says nothing. Ask the maker how passwords are generated; compare several units.", "Nothing against it, but too little was seen: 0 hours of listening (at least 24)."]','{"hours": 0.0022, "hours_active": null, "hours_idle": null, "boots": 0, "set_up_seen": false, "set_up_sign": null, "flows": 28, "flows_served": 0, "flows_outside": 0, "logins": 0, "packets": 240, "bytes": 35026, "bytes_understood": 35026, "encrypted_share": 0.0, "no_parser": {}, "handshakes": 0, "certificates_hidden": 0, "packets_lost": 0}',NULL);
INSERT INTO "verdicts" VALUES('r165be2ddab31','ec:71:db:4e:51:62','vulnerability_disclosure',1,'none_on_record','["A policy of Reolink is not known to us, which says nothing of whether there is one. Look for the maker''s policy and security.txt (RFC 9116): contact, time to the first answer, times of further ones."]','{"hours": 0.0022, "hours_active": null, "hours_idle": null, "boots": 0, "set_up_seen": false, "set_up_sign": null, "flows": 28, "flows_served": 0, "flows_outside": 0, "logins": 0, "packets": 240, "bytes": 35026, "bytes_understood": 35026, "encrypted_share": 0.0, "no_parser": {}, "handshakes": 0, "certificates_hidden": 0, "packets_lost": 0}',NULL);
INSERT INTO "verdicts" VALUES('r165be2ddab31','ec:71:db:4e:51:62','software_updates',2,'insufficient_evidence','["Traffic can raise a concern or give a sign here and did neither, which says nothing. Install an update; examine its signature.", "Traffic can raise a concern or give a sign here and did neither, which says nothing. Look into the settings.", "Traffic can raise a concern or give a sign here and did neither, which says nothing. Watch the device for longer than the maker''s stated period.", "Traffic can raise a concern or give a sign here and did neither, which says nothing. Examine the update''s signature and its check on the device.", "Traffic can raise a concern or give a sign here and did neither, which says nothing. Compare the maker''s releases with the dates of the flaws they mend.", "Traffic can raise a concern or give a sign here and did neither, which says nothing. Offer an update from another server."]','{"hours": 0.0022, "hours_active": null, "hours_idle": null, "boots": 0, "set_up_seen": false, "set_up_sign": null, "flows": 28, "flows_served": 0, "flows_outside": 0, "logins": 0, "packets": 240, "bytes": 35026, "bytes_understood": 35026, "encrypted_share": 0.0, "no_parser": {}, "handshakes": 0, "certificates_hidden": 0, "packets_lost": 0}',NULL);
INSERT INTO "verdicts" VALUES('r165be2ddab31','ec:71:db:4e:51:62','secure_communication',3,'insufficient_evidence','["Nothing against it, but too little was seen: 0 hours of listening (at least 24).", "Nothing against it, but too little was seen: 0 hours of listening (at least 24), 0 conversations in which somebody used the device (at least 1)."]','{"hours": 0.0022, "hours_active": null, "hours_idle": null, "boots": 0, "set_up_seen": false, "set_up_sign": null, "flows": 28, "flows_served": 0, "flows_outside": 0, "logins": 0, "packets": 240, "bytes": 35026, "bytes_understood": 35026, "encrypted_share": 0.0, "no_parser": {}, "handshakes": 0, "certificates_hidden": 0, "packets_lost": 0}',NULL);
INSERT INTO "verdicts" VALUES('r165be2ddab31','ec:71:db:4e:51:62','personal_data',4,'insufficient_evidence','["Nothing against it, but too little was seen: 0 hours of listening (at least 24), 0 conversations with something outside the local network (at least 1)."]','{"hours": 0.0022, "hours_active": null, "hours_idle": null, "boots": 0, "set_up_seen": false, "set_up_sign": null, "flows": 28, "flows_served": 0, "flows_outside": 0, "logins": 0, "packets": 240, "bytes": 35026, "bytes_understood": 35026, "encrypted_share": 0.0, "no_parser": {}, "handshakes": 0, "certificates_hidden": 0, "packets_lost": 0}',NULL);
INSERT INTO "verdicts" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20','no_default_passwords',0,'insufficient_evidence','["Nothing against it, but too little was seen: 0 hours of listening (at least 24), 2 conversations (at least 10), 0 logins to the device (at least 1).", "Traffic can raise a concern or give a sign here and did neither, which says nothing. Ask the maker how passwords are generated; compare several units.", "Nothing against it, but too little was seen: 0 hours of listening (at least 24), 2 conversations (at least 10)."]','{"hours": 0.0006, "hours_active": null, "hours_idle": null, "boots": 1, "set_up_seen": null, "set_up_sign": null, "flows": 2, "flows_served": 0, "flows_outside": 0, "logins": 0, "packets": 4, "bytes": 1230, "bytes_understood": 1230, "encrypted_share": 0.0, "no_parser": {}, "handshakes": 0, "certificates_hidden": 0, "packets_lost": 0}',NULL);
INSERT INTO "verdicts" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20','vulnerability_disclosure',1,'not_observable','["Traffic cannot show this. Look for the maker''s policy and security.txt (RFC 9116): contact, time to the first answer, times of further ones.", "Traffic cannot show this. Ask the maker for the record of past reports.", "Traffic cannot show this. Ask the maker how."]','{"hours": 0.0006, "hours_active": null, "hours_idle": null, "boots": 1, "set_up_seen": null, "set_up_sign": null, "flows": 2, "flows_served": 0, "flows_outside": 0, "logins": 0, "packets": 4, "bytes": 1230, "bytes_understood": 1230, "encrypted_share": 0.0, "no_parser": {}, "handshakes": 0, "certificates_hidden": 0, "packets_lost": 0}',NULL);
INSERT INTO "verdicts" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20','software_updates',2,'insufficient_evidence','["Traffic can raise a concern or give a sign here and did neither, which says nothing. Install an update; examine its signature.", "Traffic can raise a concern or give a sign here and did neither, which says nothing. Look into the settings.", "Traffic can raise a concern or give a sign here and did neither, which says nothing. Watch the device for longer than the maker''s stated period.", "Traffic can raise a concern or give a sign here and did neither, which says nothing. Examine the update''s signature and its check on the device.", "Traffic can raise a concern or give a sign here and did neither, which says nothing. Compare the maker''s releases with the dates of the flaws they mend.", "Traffic can raise a concern or give a sign here and did neither, which says nothing. Offer an update from another server."]','{"hours": 0.0006, "hours_active": null, "hours_idle": null, "boots": 1, "set_up_seen": null, "set_up_sign": null, "flows": 2, "flows_served": 0, "flows_outside": 0, "logins": 0, "packets": 4, "bytes": 1230, "bytes_understood": 1230, "encrypted_share": 0.0, "no_parser": {}, "handshakes": 0, "certificates_hidden": 0, "packets_lost": 0}',NULL);
INSERT INTO "verdicts" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20','secure_communication',3,'insufficient_evidence','["Nothing against it, but too little was seen: 0 hours of listening (at least 24), 2 conversations (at least 10).", "Nothing against it, but too little was seen: 0 hours of listening (at least 24), 2 conversations (at least 10), 0 conversations in which somebody used the device (at least 1)."]','{"hours": 0.0006, "hours_active": null, "hours_idle": null, "boots": 1, "set_up_seen": null, "set_up_sign": null, "flows": 2, "flows_served": 0, "flows_outside": 0, "logins": 0, "packets": 4, "bytes": 1230, "bytes_understood": 1230, "encrypted_share": 0.0, "no_parser": {}, "handshakes": 0, "certificates_hidden": 0, "packets_lost": 0}',NULL);
INSERT INTO "verdicts" VALUES('w5b3b20e7083b','68:57:2d:4e:51:20','personal_data',4,'insufficient_evidence','["Nothing against it, but too little was seen: 0 hours of listening (at least 24), 2 conversations (at least 10), 0 conversations with something outside the local network (at least 1)."]','{"hours": 0.0006, "hours_active": null, "hours_idle": null, "boots": 1, "set_up_seen": null, "set_up_sign": null, "flows": 2, "flows_served": 0, "flows_outside": 0, "logins": 0, "packets": 4, "bytes": 1230, "bytes_understood": 1230, "encrypted_share": 0.0, "no_parser": {}, "handshakes": 0, "certificates_hidden": 0, "packets_lost": 0}',NULL);
CREATE INDEX ix_devices_id ON devices (id);
CREATE INDEX ix_concerned_run_finding ON concerned (run, finding);
CREATE INDEX ix_findings_run_time_id ON findings (run, time, id);
CREATE INDEX ix_findings_run_rank_time_last_time_id ON findings (run, rank, time, last_time, id);
CREATE INDEX ix_findings_run_device_rule_rank_time_id ON findings (run, device, rule, rank, time, id);
CREATE INDEX ix_findings_run_rule_rank_time_id ON findings (run, rule, rank, time, id);
CREATE INDEX ix_findings_run_capability_rank_time_id ON findings (run, capability, rank, time, id);
CREATE INDEX ix_findings_run_peer_id ON findings (run, peer, id);
CREATE INDEX ix_findings_run_peer_name_id ON findings (run, peer_name, id);
COMMIT;
