BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0001');
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
INSERT INTO "captures" VALUES('r7b117b8cb13a',0,'pcaps/ftp_login/capture.pcap','cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc',19254,194,16126,1795344899216413,1795344902720863,'["Ethernet"]',0,0,'{}',0,NULL,NULL);
INSERT INTO "captures" VALUES('rf1ba5205f798',0,'pcaps/ntp/capture.pcap','cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc',5110,51,4270,1795345007120478,1795345021872374,'["Ethernet"]',0,0,'{}',0,NULL,NULL);
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
INSERT INTO "claims" VALUES('r7b117b8cb13a','00:11:32:4e:51:0a','vendor','Synology',0.924,NULL);
INSERT INTO "claims" VALUES('r7b117b8cb13a','00:11:32:4e:51:0a','category','nas',0.881,NULL);
INSERT INTO "claims" VALUES('r7b117b8cb13a','a4:c3:f0:17:6d:05','category','computer',0.45,NULL);
INSERT INTO "claims" VALUES('rf1ba5205f798','3c:a6:2f:4e:51:01','vendor','AVM',0.924,NULL);
INSERT INTO "claims" VALUES('rf1ba5205f798','3c:a6:2f:4e:51:01','category','router',0.881,NULL);
INSERT INTO "claims" VALUES('rf1ba5205f798','5c:aa:fd:4e:51:71','vendor','Sonos',0.924,NULL);
INSERT INTO "claims" VALUES('rf1ba5205f798','5c:aa:fd:4e:51:71','category','speaker',0.881,NULL);
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
INSERT INTO "destinations" VALUES('r7b117b8cb13a','00:11:32:4e:51:0a',0,NULL,'192.168.50.90','local',3102,NULL);
INSERT INTO "destinations" VALUES('r7b117b8cb13a','a4:c3:f0:17:6d:05',1,NULL,'192.168.50.10','local',3102,NULL);
INSERT INTO "destinations" VALUES('rf1ba5205f798','3c:a6:2f:4e:51:01',0,NULL,'192.168.50.71','local',1632,NULL);
INSERT INTO "destinations" VALUES('rf1ba5205f798','5c:aa:fd:4e:51:71',1,NULL,'192.168.50.1','local',1632,NULL);
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
INSERT INTO "devices" VALUES('r7b117b8cb13a','00:11:32:4e:51:0a',0,'00:11:32:4e:51:0a',0,'["192.168.50.10", "fe80::211:32ff:fe4e:510a"]',NULL,1795344899285858,1795344902720863,0,3102,0,'[]',1,NULL);
INSERT INTO "devices" VALUES('r7b117b8cb13a','a4:c3:f0:17:6d:05',1,'a4:c3:f0:17:6d:05',0,'["192.168.50.90", "fe80::a6c3:f0ff:fe17:6d05"]',NULL,1795344899216413,1795344902720863,0,3102,0,'[]',1,NULL);
INSERT INTO "devices" VALUES('rf1ba5205f798','3c:a6:2f:4e:51:01',0,'3c:a6:2f:4e:51:01',0,'["192.168.50.1", "fe80::3ea6:2fff:fe4e:5101"]',NULL,1795345007120478,1795345021807032,0,1632,0,'[]',0,NULL);
INSERT INTO "devices" VALUES('rf1ba5205f798','5c:aa:fd:4e:51:71',1,'5c:aa:fd:4e:51:71',0,'["192.168.50.71", "fe80::5eaa:fdff:fe4e:5171"]',NULL,1795345007168425,1795345021872374,0,1632,0,'[]',1,NULL);
CREATE TABLE evidence (
	run TEXT NOT NULL, 
	finding TEXT NOT NULL, 
	position INTEGER NOT NULL, 
	capture TEXT NOT NULL, 
	frames JSON NOT NULL, 
	CONSTRAINT pk_evidence PRIMARY KEY (run, finding, position), 
	CONSTRAINT fk_evidence_findings FOREIGN KEY(run, finding) REFERENCES findings (run, id) ON DELETE CASCADE
);
INSERT INTO "evidence" VALUES('r7b117b8cb13a','2e6dfa94dfc8',0,'pcaps/ftp_login/capture.pcap','[9, 12, 14, 180, 187]');
INSERT INTO "evidence" VALUES('r7b117b8cb13a','51957623ff72',0,'pcaps/ftp_login/capture.pcap','[62, 65, 69]');
INSERT INTO "evidence" VALUES('r7b117b8cb13a','025015867b40',0,'pcaps/ftp_login/capture.pcap','[126, 129, 135]');
INSERT INTO "evidence" VALUES('r7b117b8cb13a','e9a4354754fa',0,'pcaps/ftp_login/capture.pcap','[150]');
INSERT INTO "evidence" VALUES('r7b117b8cb13a','62f561004835',0,'pcaps/ftp_login/capture.pcap','[147, 150, 151]');
INSERT INTO "evidence" VALUES('r7b117b8cb13a','d530c63fd145',0,'pcaps/ftp_login/capture.pcap','[45]');
INSERT INTO "evidence" VALUES('r7b117b8cb13a','6ff2f35feea5',0,'pcaps/ftp_login/capture.pcap','[93]');
INSERT INTO "evidence" VALUES('r7b117b8cb13a','acbc4905a286',0,'pcaps/ftp_login/capture.pcap','[109]');
INSERT INTO "evidence" VALUES('r7b117b8cb13a','d1cd5e71c1dc',0,'pcaps/ftp_login/capture.pcap','[165]');
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
	more JSON, 
	CONSTRAINT pk_findings PRIMARY KEY (run, id), 
	CONSTRAINT fk_findings_runs FOREIGN KEY(run) REFERENCES runs (id) ON DELETE CASCADE
);
INSERT INTO "findings" VALUES('r7b117b8cb13a','2e6dfa94dfc8',0,'credential.cleartext','high','00:11:32:4e:51:0a','a4:c3:f0:17:6d:05','server','secure_communication','["EN 303 645 5.1-3", "EN 303 645 5.5-6"]','192.168.50.90:43092','192.168.50.10:21','ftp',1795344899347660,1795344902720370,2,'A password crossed readable over ftp across the home network and was accepted: anyone on the way can log in with it.','Change this password and use SFTP or FTP with TLS; where the device has no such setting, ask its maker for one.','{"mechanism": "password", "username": "anton", "name": null, "secret": {"mask": "Z", "length": "16+", "fingerprint": "k1:4525f3aa6bef39c3"}, "accepted": true, "basis": "230 after PASS", "scheme": "user/pass"}',NULL);
INSERT INTO "findings" VALUES('r7b117b8cb13a','51957623ff72',1,'credential.cleartext','high','00:11:32:4e:51:0a','a4:c3:f0:17:6d:05','server','secure_communication','["EN 303 645 5.1-3", "EN 303 645 5.5-6"]','192.168.50.90:43094','192.168.50.10:21','ftp',1795344899417648,1795344899417648,1,'A password crossed readable over ftp across the home network and was accepted: anyone on the way can log in with it.','Change this password and use SFTP or FTP with TLS; where the device has no such setting, ask its maker for one.','{"mechanism": "password", "username": "frieda", "name": null, "secret": {"mask": "", "length": "8-11", "fingerprint": "k1:b7cf7cb1fa549dca"}, "accepted": true, "basis": "230 after PASS", "scheme": "user/pass"}',NULL);
INSERT INTO "findings" VALUES('r7b117b8cb13a','025015867b40',2,'credential.cleartext','medium','00:11:32:4e:51:0a','a4:c3:f0:17:6d:05','server','secure_communication','["EN 303 645 5.1-3", "EN 303 645 5.5-6"]','192.168.50.90:43102','192.168.50.10:21','ftp',1795344902517851,1795344902517851,1,'A password crossed readable over ftp across the home network and was refused: anyone on the way can log in with it.','Change this password and use SFTP or FTP with TLS; where the device has no such setting, ask its maker for one.','{"mechanism": "password", "username": "anton", "name": null, "secret": {"mask": "Z", "length": "16+", "fingerprint": "k1:ec700b346a7e0cf2"}, "accepted": false, "basis": "530 after PASS", "scheme": "user/pass"}',NULL);
INSERT INTO "findings" VALUES('r7b117b8cb13a','e9a4354754fa',3,'personal.email','info','a4:c3:f0:17:6d:05','00:11:32:4e:51:0a','client',NULL,'[]','192.168.50.90:44782','192.168.50.10:21','ftp',1795344902557067,1795344902557067,1,'An e-mail address crossed readable over ftp inside the home network, but it looks like nobody''s own (documentation).','Keep strangers out of this network; where the device offers its encrypted form (HTTPS), use that.','{"encoding": ["plain"], "excerpt": "e-mail of anonymous: f\u2026", "field": null, "place": "e-mail of anonymous", "party": "local", "value": {"mask": "f", "length": "12-15", "fingerprint": "k1:84ada6420de5402a"}, "harmless": "documentation"}',NULL);
INSERT INTO "findings" VALUES('r7b117b8cb13a','62f561004835',4,'credential.cleartext','info','00:11:32:4e:51:0a','a4:c3:f0:17:6d:05','server','secure_communication','["EN 303 645 5.1-3", "EN 303 645 5.5-6"]','192.168.50.90:44782','192.168.50.10:21','ftp',1795344902565657,1795344902565657,1,'A login without a real secret (anonymous or blank) was made over ftp across the home network.','If this service should not be open to everyone, set a password and use its encrypted form.','{"mechanism": "password", "username": "anonymous", "name": null, "secret": {"mask": "f", "length": "12-15", "fingerprint": "k1:84ada6420de5402a"}, "accepted": true, "basis": "230 after PASS", "scheme": "user/pass"}',NULL);
INSERT INTO "findings" VALUES('r7b117b8cb13a','d530c63fd145',5,'transfer.unencrypted','low','00:11:32:4e:51:0a','a4:c3:f0:17:6d:05','server','secure_communication','["EN 303 645 5.5-1"]','192.168.50.90:54846','192.168.50.10:34356','ftp',1795344899349954,1795344899349954,1,'Data crossed unencrypted over ftp inside the home network: anyone on the way can see it.','Prefer the service''s encrypted form (TLS); where the device has none, keep it away from networks you do not control.','{"application": "ftp", "content": "text", "bytes": 1140, "party": "local", "sent": true}',NULL);
INSERT INTO "findings" VALUES('r7b117b8cb13a','6ff2f35feea5',6,'transfer.unencrypted','low','a4:c3:f0:17:6d:05','00:11:32:4e:51:0a','server','secure_communication','["EN 303 645 5.5-1"]','192.168.50.10:20','192.168.50.90:44697','ftp',1795344899419466,1795344899419466,1,'Data crossed unencrypted over ftp inside the home network: anyone on the way can see it.','Prefer the service''s encrypted form (TLS); where the device has none, keep it away from networks you do not control.','{"application": "ftp", "content": "text", "bytes": 16, "party": "local", "sent": true}',NULL);
INSERT INTO "findings" VALUES('r7b117b8cb13a','acbc4905a286',7,'transfer.unencrypted','low','a4:c3:f0:17:6d:05','00:11:32:4e:51:0a','server','secure_communication','["EN 303 645 5.5-1"]','192.168.50.10:20','192.168.50.90:39199','ftp',1795344899420581,1795344899420581,1,'Data crossed unencrypted over ftp inside the home network: anyone on the way can see it.','Prefer the service''s encrypted form (TLS); where the device has none, keep it away from networks you do not control.','{"application": "ftp", "content": "text", "bytes": 66, "party": "local", "sent": false}',NULL);
INSERT INTO "findings" VALUES('r7b117b8cb13a','d1cd5e71c1dc',8,'transfer.unencrypted','low','00:11:32:4e:51:0a','a4:c3:f0:17:6d:05','server','secure_communication','["EN 303 645 5.5-1"]','192.168.50.90:59572','192.168.50.10:45124','ftp',1795344902567093,1795344902567093,1,'Data crossed unencrypted over ftp inside the home network: anyone on the way can see it.','Prefer the service''s encrypted form (TLS); where the device has none, keep it away from networks you do not control.','{"application": "ftp", "content": "text", "bytes": 18, "party": "local", "sent": true}',NULL);
INSERT INTO "findings" VALUES('r7b117b8cb13a','f00000000shared',9,'credential.shared','high',NULL,NULL,NULL,'secure_communication','["EN 303 645 5.1-3", "EN 303 645 5.5-6"]',NULL,NULL,'ftp',1795344899347660,1795344902720370,2,'A password crossed readable over ftp across the home network and was accepted: anyone on the way can log in with it.','Change this password and use SFTP or FTP with TLS; where the device has no such setting, ask its maker for one.','{"devices": ["00:11:32:4e:51:0a", "a4:c3:f0:17:6d:05"]}',NULL);
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
INSERT INTO "provisions" VALUES('r7b117b8cb13a','00:11:32:4e:51:0a',0,'5.1-1','5.1-1','no_default_passwords','shall','insufficient_evidence','["Nothing against it, but too little was seen: 0 hours of listening (at least 24), 9 conversations (at least 10)."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','00:11:32:4e:51:0a',1,'5.1-2','5.1-2','no_default_passwords','shall','insufficient_evidence','["Traffic can raise a concern or give a sign here and did neither, which says nothing. Ask the maker how passwords are generated; compare several units."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','00:11:32:4e:51:0a',2,NULL,'5.1-2A','no_default_passwords','should','insufficient_evidence','["Nothing against it, but too little was seen: 0 hours of listening (at least 24), 9 conversations (at least 10)."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','00:11:32:4e:51:0a',3,'5.1-3','5.1-3','no_default_passwords','shall','violated','["2e6dfa94dfc8", "51957623ff72", "025015867b40"]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','00:11:32:4e:51:0a',4,'5.1-4','5.1-4','no_default_passwords','shall','not_observable','["Traffic cannot show this. Change it, following the manual."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','00:11:32:4e:51:0a',5,'5.1-5','5.1-5','no_default_passwords','shall','not_observable','["Traffic cannot show this. Try many wrong passwords and watch for delays or locks."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','00:11:32:4e:51:0a',6,'5.2-1','5.2-1','vulnerability_disclosure','shall','on_record','["On record: https://www.synology.com/de-de/security/bounty_program#scope_and_reward, contact bounty@synology.com; times that it states are not known to us (disclose/diodb, program-list.json 44351ee, 2026-07-12)."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','00:11:32:4e:51:0a',7,'5.2-2','5.2-2','vulnerability_disclosure','should','not_observable','["Traffic cannot show this. Ask the maker for the record of past reports."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','00:11:32:4e:51:0a',8,'5.2-3','5.2-3','vulnerability_disclosure','should','not_observable','["Traffic cannot show this. Ask the maker how."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','00:11:32:4e:51:0a',9,'5.3-1','5.3-1','software_updates','should','not_observable','["Traffic cannot show this. List the components (IXIT 6-SoftComp) and how each is updated."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','00:11:32:4e:51:0a',10,'5.3-2','5.3-2','software_updates','shall','insufficient_evidence','["Traffic can raise a concern or give a sign here and did neither, which says nothing. Install an update; examine its signature."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','00:11:32:4e:51:0a',11,'5.3-3','5.3-3','software_updates','shall','not_observable','["Traffic cannot show this. Apply one, following the manual."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','00:11:32:4e:51:0a',12,'5.3-4','5.3-4A','software_updates','should','insufficient_evidence','["Traffic can raise a concern or give a sign here and did neither, which says nothing. Look into the settings."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','00:11:32:4e:51:0a',13,'5.3-4','5.3-4B','software_updates','should','not_observable','["Traffic cannot show this. Set a device up and read what it asks."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','00:11:32:4e:51:0a',14,'5.3-5','5.3-5','software_updates','should','insufficient_evidence','["Traffic can raise a concern or give a sign here and did neither, which says nothing. Watch the device for longer than the maker''s stated period."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','00:11:32:4e:51:0a',15,'5.3-6','5.3-6A','software_updates','should','not_observable','["Traffic cannot show this. Look into the settings."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','00:11:32:4e:51:0a',16,'5.3-6','5.3-6B','software_updates','should','not_observable','["Traffic cannot show this. Look into the settings."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','00:11:32:4e:51:0a',17,'5.3-7','5.3-7','software_updates','shall','insufficient_evidence','["Traffic can raise a concern or give a sign here and did neither, which says nothing. Examine the update''s signature and its check on the device."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','00:11:32:4e:51:0a',18,'5.3-8','5.3-8','software_updates','shall','insufficient_evidence','["Traffic can raise a concern or give a sign here and did neither, which says nothing. Compare the maker''s releases with the dates of the flaws they mend."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','00:11:32:4e:51:0a',19,'5.3-9','5.3-9','software_updates','should','not_observable','["Traffic cannot show this. Offer a changed update."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','00:11:32:4e:51:0a',20,'5.3-10','5.3-10','software_updates','shall','insufficient_evidence','["Traffic can raise a concern or give a sign here and did neither, which says nothing. Offer an update from another server."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','00:11:32:4e:51:0a',21,'5.3-11','5.3-11','software_updates','should','not_observable','["Traffic cannot show this. Offer an update and read the notice."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','00:11:32:4e:51:0a',22,'5.3-12','5.3-12','software_updates','should','not_observable','["Traffic cannot show this. Apply an update and read the notice."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','00:11:32:4e:51:0a',23,'5.3-13','5.3-13','software_updates','shall','not_observable','["Traffic cannot show this. Look for it at the maker''s site and at the place of sale."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','00:11:32:4e:51:0a',24,'5.3-14','5.3-14','software_updates','should','not_observable','["Traffic cannot show this. Read the maker''s documents."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','00:11:32:4e:51:0a',25,'5.3-15','5.3-15A','software_updates','should','not_observable','["Traffic cannot show this. Isolate the device and use it."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','00:11:32:4e:51:0a',26,'5.3-15','5.3-15B','software_updates','should','not_observable','["Traffic cannot show this. Read the maker''s documents."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','00:11:32:4e:51:0a',27,'5.3-16','5.3-16','software_updates','shall','not_observable','["Traffic cannot show this. Look at the label and the interface."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','00:11:32:4e:51:0a',28,'5.5-1','5.5-1','secure_communication','shall','concern','["d530c63fd145", "d1cd5e71c1dc"]','{"settled_by": ["channel.data"]}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','00:11:32:4e:51:0a',29,'5.5-2','5.5-2','secure_communication','should','not_observable','["Traffic cannot show this. Ask the maker which libraries are used."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','00:11:32:4e:51:0a',30,'5.5-3','5.5-3','secure_communication','should','not_observable','["Traffic cannot show this. Ask the maker."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','00:11:32:4e:51:0a',31,'5.5-4','5.5-4','secure_communication','should','insufficient_evidence','["Nothing against it, but too little was seen: 0 hours of listening (at least 24), 9 conversations (at least 10)."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','00:11:32:4e:51:0a',32,'5.5-5','5.5-5','secure_communication','shall','insufficient_evidence','["Nothing against it, but too little was seen: 0 hours of listening (at least 24), 9 conversations (at least 10)."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','00:11:32:4e:51:0a',33,'5.5-6','5.5-6','secure_communication','should','recommendation_missed','["2e6dfa94dfc8", "51957623ff72", "025015867b40"]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','00:11:32:4e:51:0a',34,'5.5-7','5.5-7','secure_communication','shall','concern','["2e6dfa94dfc8", "51957623ff72"]','{"settled_by": ["channel.remote"]}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','00:11:32:4e:51:0a',35,'5.5-8','5.5-8','secure_communication','shall','not_observable','["Traffic cannot show this. Examine the maker''s process."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','00:11:32:4e:51:0a',36,'5.8-1','5.8-1','personal_data','should','insufficient_evidence','["Nothing against it, but too little was seen: 0 hours of listening (at least 24), 9 conversations (at least 10), 0 conversations with something outside the local network (at least 1)."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','00:11:32:4e:51:0a',37,'5.8-2','5.8-2','personal_data','shall','insufficient_evidence','["Nothing against it, but too little was seen: 0 hours of listening (at least 24), 9 conversations (at least 10), 0 conversations with something outside the local network (at least 1)."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','00:11:32:4e:51:0a',38,'5.8-3','5.8-3','personal_data','shall','not_observable','["Traffic cannot show this. Compare the documents with the device''s sensors."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','00:11:32:4e:51:0a',39,'5.4-3','5.4-3',NULL,'shall','insufficient_evidence','["Traffic can raise a concern or give a sign here and did neither, which says nothing. Search the software image for keys and passwords; compare two units."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','00:11:32:4e:51:0a',40,'5.4-4','5.4-4',NULL,'shall','not_observable','["Traffic cannot show this. Compare keys and certificates of two units."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','00:11:32:4e:51:0a',41,'5.6-1','5.6-1',NULL,'shall','not_observable','["Traffic cannot show this. Scan all ports and compare with the documented services (IXIT 13-SoftServ)."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','00:11:32:4e:51:0a',42,'5.6-2','5.6-2',NULL,'shall','insufficient_evidence','["Nothing against it, but too little was seen: 0 hours of listening (at least 24), 9 conversations (at least 10)."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','a4:c3:f0:17:6d:05',43,'5.1-1','5.1-1','no_default_passwords','shall','insufficient_evidence','["Nothing against it, but too little was seen: 0 hours of listening (at least 24), 9 conversations (at least 10), 0 logins to the device (at least 1)."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','a4:c3:f0:17:6d:05',44,'5.1-2','5.1-2','no_default_passwords','shall','insufficient_evidence','["Traffic can raise a concern or give a sign here and did neither, which says nothing. Ask the maker how passwords are generated; compare several units."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','a4:c3:f0:17:6d:05',45,NULL,'5.1-2A','no_default_passwords','should','insufficient_evidence','["Nothing against it, but too little was seen: 0 hours of listening (at least 24), 9 conversations (at least 10)."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','a4:c3:f0:17:6d:05',46,'5.1-3','5.1-3','no_default_passwords','shall','insufficient_evidence','["Nothing against it, but too little was seen: 0 hours of listening (at least 24), 9 conversations (at least 10), 0 logins to the device (at least 1)."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','a4:c3:f0:17:6d:05',47,'5.1-4','5.1-4','no_default_passwords','shall','not_observable','["Traffic cannot show this. Change it, following the manual."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','a4:c3:f0:17:6d:05',48,'5.1-5','5.1-5','no_default_passwords','shall','not_observable','["Traffic cannot show this. Try many wrong passwords and watch for delays or locks."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','a4:c3:f0:17:6d:05',49,'5.2-1','5.2-1','vulnerability_disclosure','shall','not_observable','["Traffic cannot show this. Look for the maker''s policy and security.txt (RFC 9116): contact, time to the first answer, times of further ones."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','a4:c3:f0:17:6d:05',50,'5.2-2','5.2-2','vulnerability_disclosure','should','not_observable','["Traffic cannot show this. Ask the maker for the record of past reports."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','a4:c3:f0:17:6d:05',51,'5.2-3','5.2-3','vulnerability_disclosure','should','not_observable','["Traffic cannot show this. Ask the maker how."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','a4:c3:f0:17:6d:05',52,'5.3-1','5.3-1','software_updates','should','not_observable','["Traffic cannot show this. List the components (IXIT 6-SoftComp) and how each is updated."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','a4:c3:f0:17:6d:05',53,'5.3-2','5.3-2','software_updates','shall','insufficient_evidence','["Traffic can raise a concern or give a sign here and did neither, which says nothing. Install an update; examine its signature."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','a4:c3:f0:17:6d:05',54,'5.3-3','5.3-3','software_updates','shall','not_observable','["Traffic cannot show this. Apply one, following the manual."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','a4:c3:f0:17:6d:05',55,'5.3-4','5.3-4A','software_updates','should','insufficient_evidence','["Traffic can raise a concern or give a sign here and did neither, which says nothing. Look into the settings."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','a4:c3:f0:17:6d:05',56,'5.3-4','5.3-4B','software_updates','should','not_observable','["Traffic cannot show this. Set a device up and read what it asks."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','a4:c3:f0:17:6d:05',57,'5.3-5','5.3-5','software_updates','should','insufficient_evidence','["Traffic can raise a concern or give a sign here and did neither, which says nothing. Watch the device for longer than the maker''s stated period."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','a4:c3:f0:17:6d:05',58,'5.3-6','5.3-6A','software_updates','should','not_observable','["Traffic cannot show this. Look into the settings."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','a4:c3:f0:17:6d:05',59,'5.3-6','5.3-6B','software_updates','should','not_observable','["Traffic cannot show this. Look into the settings."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','a4:c3:f0:17:6d:05',60,'5.3-7','5.3-7','software_updates','shall','insufficient_evidence','["Traffic can raise a concern or give a sign here and did neither, which says nothing. Examine the update''s signature and its check on the device."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','a4:c3:f0:17:6d:05',61,'5.3-8','5.3-8','software_updates','shall','insufficient_evidence','["Traffic can raise a concern or give a sign here and did neither, which says nothing. Compare the maker''s releases with the dates of the flaws they mend."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','a4:c3:f0:17:6d:05',62,'5.3-9','5.3-9','software_updates','should','not_observable','["Traffic cannot show this. Offer a changed update."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','a4:c3:f0:17:6d:05',63,'5.3-10','5.3-10','software_updates','shall','insufficient_evidence','["Traffic can raise a concern or give a sign here and did neither, which says nothing. Offer an update from another server."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','a4:c3:f0:17:6d:05',64,'5.3-11','5.3-11','software_updates','should','not_observable','["Traffic cannot show this. Offer an update and read the notice."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','a4:c3:f0:17:6d:05',65,'5.3-12','5.3-12','software_updates','should','not_observable','["Traffic cannot show this. Apply an update and read the notice."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','a4:c3:f0:17:6d:05',66,'5.3-13','5.3-13','software_updates','shall','not_observable','["Traffic cannot show this. Look for it at the maker''s site and at the place of sale."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','a4:c3:f0:17:6d:05',67,'5.3-14','5.3-14','software_updates','should','not_observable','["Traffic cannot show this. Read the maker''s documents."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','a4:c3:f0:17:6d:05',68,'5.3-15','5.3-15A','software_updates','should','not_observable','["Traffic cannot show this. Isolate the device and use it."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','a4:c3:f0:17:6d:05',69,'5.3-15','5.3-15B','software_updates','should','not_observable','["Traffic cannot show this. Read the maker''s documents."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','a4:c3:f0:17:6d:05',70,'5.3-16','5.3-16','software_updates','shall','not_observable','["Traffic cannot show this. Look at the label and the interface."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','a4:c3:f0:17:6d:05',71,'5.5-1','5.5-1','secure_communication','shall','concern','["6ff2f35feea5", "acbc4905a286"]','{"settled_by": ["channel.data"]}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','a4:c3:f0:17:6d:05',72,'5.5-2','5.5-2','secure_communication','should','not_observable','["Traffic cannot show this. Ask the maker which libraries are used."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','a4:c3:f0:17:6d:05',73,'5.5-3','5.5-3','secure_communication','should','not_observable','["Traffic cannot show this. Ask the maker."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','a4:c3:f0:17:6d:05',74,'5.5-4','5.5-4','secure_communication','should','insufficient_evidence','["Nothing against it, but too little was seen: 0 hours of listening (at least 24), 9 conversations (at least 10), 0 conversations in which somebody used the device (at least 1)."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','a4:c3:f0:17:6d:05',75,'5.5-5','5.5-5','secure_communication','shall','insufficient_evidence','["Nothing against it, but too little was seen: 0 hours of listening (at least 24), 9 conversations (at least 10), 0 conversations in which somebody used the device (at least 1)."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','a4:c3:f0:17:6d:05',76,'5.5-6','5.5-6','secure_communication','should','insufficient_evidence','["Nothing against it, but too little was seen: 0 hours of listening (at least 24), 9 conversations (at least 10)."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','a4:c3:f0:17:6d:05',77,'5.5-7','5.5-7','secure_communication','shall','insufficient_evidence','["Nothing against it, but too little was seen: 0 hours of listening (at least 24), 9 conversations (at least 10)."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','a4:c3:f0:17:6d:05',78,'5.5-8','5.5-8','secure_communication','shall','not_observable','["Traffic cannot show this. Examine the maker''s process."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','a4:c3:f0:17:6d:05',79,'5.8-1','5.8-1','personal_data','should','insufficient_evidence','["Nothing against it, but too little was seen: 0 hours of listening (at least 24), 9 conversations (at least 10), 0 conversations with something outside the local network (at least 1)."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','a4:c3:f0:17:6d:05',80,'5.8-2','5.8-2','personal_data','shall','insufficient_evidence','["Nothing against it, but too little was seen: 0 hours of listening (at least 24), 9 conversations (at least 10), 0 conversations with something outside the local network (at least 1)."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','a4:c3:f0:17:6d:05',81,'5.8-3','5.8-3','personal_data','shall','not_observable','["Traffic cannot show this. Compare the documents with the device''s sensors."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','a4:c3:f0:17:6d:05',82,'5.4-3','5.4-3',NULL,'shall','insufficient_evidence','["Traffic can raise a concern or give a sign here and did neither, which says nothing. Search the software image for keys and passwords; compare two units."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','a4:c3:f0:17:6d:05',83,'5.4-4','5.4-4',NULL,'shall','not_observable','["Traffic cannot show this. Compare keys and certificates of two units."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','a4:c3:f0:17:6d:05',84,'5.6-1','5.6-1',NULL,'shall','not_observable','["Traffic cannot show this. Scan all ports and compare with the documented services (IXIT 13-SoftServ)."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('r7b117b8cb13a','a4:c3:f0:17:6d:05',85,'5.6-2','5.6-2',NULL,'shall','insufficient_evidence','["Nothing against it, but too little was seen: 0 hours of listening (at least 24), 9 conversations (at least 10)."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('rf1ba5205f798','5c:aa:fd:4e:51:71',0,'5.1-1','5.1-1','no_default_passwords','shall','insufficient_evidence','["Nothing against it, but too little was seen: 0 hours of listening (at least 24), 0 logins to the device (at least 1)."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('rf1ba5205f798','5c:aa:fd:4e:51:71',1,'5.1-2','5.1-2','no_default_passwords','shall','insufficient_evidence','["Traffic can raise a concern or give a sign here and did neither, which says nothing. Ask the maker how passwords are generated; compare several units."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('rf1ba5205f798','5c:aa:fd:4e:51:71',2,NULL,'5.1-2A','no_default_passwords','should','insufficient_evidence','["Nothing against it, but too little was seen: 0 hours of listening (at least 24)."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('rf1ba5205f798','5c:aa:fd:4e:51:71',3,'5.1-3','5.1-3','no_default_passwords','shall','insufficient_evidence','["Nothing against it, but too little was seen: 0 hours of listening (at least 24), 0 logins to the device (at least 1)."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('rf1ba5205f798','5c:aa:fd:4e:51:71',4,'5.1-4','5.1-4','no_default_passwords','shall','not_observable','["Traffic cannot show this. Change it, following the manual."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('rf1ba5205f798','5c:aa:fd:4e:51:71',5,'5.1-5','5.1-5','no_default_passwords','shall','not_observable','["Traffic cannot show this. Try many wrong passwords and watch for delays or locks."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('rf1ba5205f798','5c:aa:fd:4e:51:71',6,'5.2-1','5.2-1','vulnerability_disclosure','shall','none_on_record','["A policy of Sonos is not known to us, which says nothing of whether there is one. Look for the maker''s policy and security.txt (RFC 9116): contact, time to the first answer, times of further ones."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('rf1ba5205f798','5c:aa:fd:4e:51:71',7,'5.2-2','5.2-2','vulnerability_disclosure','should','not_observable','["Traffic cannot show this. Ask the maker for the record of past reports."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('rf1ba5205f798','5c:aa:fd:4e:51:71',8,'5.2-3','5.2-3','vulnerability_disclosure','should','not_observable','["Traffic cannot show this. Ask the maker how."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('rf1ba5205f798','5c:aa:fd:4e:51:71',9,'5.3-1','5.3-1','software_updates','should','not_observable','["Traffic cannot show this. List the components (IXIT 6-SoftComp) and how each is updated."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('rf1ba5205f798','5c:aa:fd:4e:51:71',10,'5.3-2','5.3-2','software_updates','shall','insufficient_evidence','["Traffic can raise a concern or give a sign here and did neither, which says nothing. Install an update; examine its signature."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('rf1ba5205f798','5c:aa:fd:4e:51:71',11,'5.3-3','5.3-3','software_updates','shall','not_observable','["Traffic cannot show this. Apply one, following the manual."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('rf1ba5205f798','5c:aa:fd:4e:51:71',12,'5.3-4','5.3-4A','software_updates','should','insufficient_evidence','["Traffic can raise a concern or give a sign here and did neither, which says nothing. Look into the settings."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('rf1ba5205f798','5c:aa:fd:4e:51:71',13,'5.3-4','5.3-4B','software_updates','should','not_observable','["Traffic cannot show this. Set a device up and read what it asks."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('rf1ba5205f798','5c:aa:fd:4e:51:71',14,'5.3-5','5.3-5','software_updates','should','insufficient_evidence','["Traffic can raise a concern or give a sign here and did neither, which says nothing. Watch the device for longer than the maker''s stated period."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('rf1ba5205f798','5c:aa:fd:4e:51:71',15,'5.3-6','5.3-6A','software_updates','should','not_observable','["Traffic cannot show this. Look into the settings."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('rf1ba5205f798','5c:aa:fd:4e:51:71',16,'5.3-6','5.3-6B','software_updates','should','not_observable','["Traffic cannot show this. Look into the settings."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('rf1ba5205f798','5c:aa:fd:4e:51:71',17,'5.3-7','5.3-7','software_updates','shall','insufficient_evidence','["Traffic can raise a concern or give a sign here and did neither, which says nothing. Examine the update''s signature and its check on the device."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('rf1ba5205f798','5c:aa:fd:4e:51:71',18,'5.3-8','5.3-8','software_updates','shall','insufficient_evidence','["Traffic can raise a concern or give a sign here and did neither, which says nothing. Compare the maker''s releases with the dates of the flaws they mend."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('rf1ba5205f798','5c:aa:fd:4e:51:71',19,'5.3-9','5.3-9','software_updates','should','not_observable','["Traffic cannot show this. Offer a changed update."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('rf1ba5205f798','5c:aa:fd:4e:51:71',20,'5.3-10','5.3-10','software_updates','shall','insufficient_evidence','["Traffic can raise a concern or give a sign here and did neither, which says nothing. Offer an update from another server."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('rf1ba5205f798','5c:aa:fd:4e:51:71',21,'5.3-11','5.3-11','software_updates','should','not_observable','["Traffic cannot show this. Offer an update and read the notice."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('rf1ba5205f798','5c:aa:fd:4e:51:71',22,'5.3-12','5.3-12','software_updates','should','not_observable','["Traffic cannot show this. Apply an update and read the notice."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('rf1ba5205f798','5c:aa:fd:4e:51:71',23,'5.3-13','5.3-13','software_updates','shall','not_observable','["Traffic cannot show this. Look for it at the maker''s site and at the place of sale."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('rf1ba5205f798','5c:aa:fd:4e:51:71',24,'5.3-14','5.3-14','software_updates','should','not_observable','["Traffic cannot show this. Read the maker''s documents."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('rf1ba5205f798','5c:aa:fd:4e:51:71',25,'5.3-15','5.3-15A','software_updates','should','not_observable','["Traffic cannot show this. Isolate the device and use it."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('rf1ba5205f798','5c:aa:fd:4e:51:71',26,'5.3-15','5.3-15B','software_updates','should','not_observable','["Traffic cannot show this. Read the maker''s documents."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('rf1ba5205f798','5c:aa:fd:4e:51:71',27,'5.3-16','5.3-16','software_updates','shall','not_observable','["Traffic cannot show this. Look at the label and the interface."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('rf1ba5205f798','5c:aa:fd:4e:51:71',28,'5.5-1','5.5-1','secure_communication','shall','insufficient_evidence','["Nothing against it, but too little was seen: 0 hours of listening (at least 24)."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('rf1ba5205f798','5c:aa:fd:4e:51:71',29,'5.5-2','5.5-2','secure_communication','should','not_observable','["Traffic cannot show this. Ask the maker which libraries are used."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('rf1ba5205f798','5c:aa:fd:4e:51:71',30,'5.5-3','5.5-3','secure_communication','should','not_observable','["Traffic cannot show this. Ask the maker."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('rf1ba5205f798','5c:aa:fd:4e:51:71',31,'5.5-4','5.5-4','secure_communication','should','insufficient_evidence','["Nothing against it, but too little was seen: 0 hours of listening (at least 24), 0 conversations in which somebody used the device (at least 1)."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('rf1ba5205f798','5c:aa:fd:4e:51:71',32,'5.5-5','5.5-5','secure_communication','shall','insufficient_evidence','["Nothing against it, but too little was seen: 0 hours of listening (at least 24), 0 conversations in which somebody used the device (at least 1)."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('rf1ba5205f798','5c:aa:fd:4e:51:71',33,'5.5-6','5.5-6','secure_communication','should','insufficient_evidence','["Nothing against it, but too little was seen: 0 hours of listening (at least 24)."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('rf1ba5205f798','5c:aa:fd:4e:51:71',34,'5.5-7','5.5-7','secure_communication','shall','insufficient_evidence','["Nothing against it, but too little was seen: 0 hours of listening (at least 24)."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('rf1ba5205f798','5c:aa:fd:4e:51:71',35,'5.5-8','5.5-8','secure_communication','shall','not_observable','["Traffic cannot show this. Examine the maker''s process."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('rf1ba5205f798','5c:aa:fd:4e:51:71',36,'5.8-1','5.8-1','personal_data','should','insufficient_evidence','["Nothing against it, but too little was seen: 0 hours of listening (at least 24), 0 conversations with something outside the local network (at least 1)."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('rf1ba5205f798','5c:aa:fd:4e:51:71',37,'5.8-2','5.8-2','personal_data','shall','insufficient_evidence','["Nothing against it, but too little was seen: 0 hours of listening (at least 24), 0 conversations with something outside the local network (at least 1)."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('rf1ba5205f798','5c:aa:fd:4e:51:71',38,'5.8-3','5.8-3','personal_data','shall','not_observable','["Traffic cannot show this. Compare the documents with the device''s sensors."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('rf1ba5205f798','5c:aa:fd:4e:51:71',39,'5.4-3','5.4-3',NULL,'shall','insufficient_evidence','["Traffic can raise a concern or give a sign here and did neither, which says nothing. Search the software image for keys and passwords; compare two units."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('rf1ba5205f798','5c:aa:fd:4e:51:71',40,'5.4-4','5.4-4',NULL,'shall','not_observable','["Traffic cannot show this. Compare keys and certificates of two units."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('rf1ba5205f798','5c:aa:fd:4e:51:71',41,'5.6-1','5.6-1',NULL,'shall','not_observable','["Traffic cannot show this. Scan all ports and compare with the documented services (IXIT 13-SoftServ)."]','{"settled_by": []}');
INSERT INTO "provisions" VALUES('rf1ba5205f798','5c:aa:fd:4e:51:71',42,'5.6-2','5.6-2',NULL,'shall','insufficient_evidence','["Nothing against it, but too little was seen: 0 hours of listening (at least 24)."]','{"settled_by": []}');
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
INSERT INTO "reasons" VALUES('r7b117b8cb13a','00:11:32:4e:51:0a','vendor',0,'mac.oui','Synology Incorporated','oui','[]',NULL);
INSERT INTO "reasons" VALUES('r7b117b8cb13a','00:11:32:4e:51:0a','category',1,'mac.oui','Synology Incorporated','makers','[]',NULL);
INSERT INTO "reasons" VALUES('r7b117b8cb13a','a4:c3:f0:17:6d:05','category',2,'mac.oui','Intel Corporate','oui','[]',NULL);
INSERT INTO "reasons" VALUES('rf1ba5205f798','3c:a6:2f:4e:51:01','vendor',0,'mac.oui','AVM Audiovisuelles Marketing und Computersysteme GmbH','oui','[]',NULL);
INSERT INTO "reasons" VALUES('rf1ba5205f798','3c:a6:2f:4e:51:01','category',1,'mac.oui','AVM Audiovisuelles Marketing und Computersysteme GmbH','makers','[]',NULL);
INSERT INTO "reasons" VALUES('rf1ba5205f798','5c:aa:fd:4e:51:71','vendor',2,'mac.oui','Sonos, Inc.','oui','[]',NULL);
INSERT INTO "reasons" VALUES('rf1ba5205f798','5c:aa:fd:4e:51:71','category',3,'mac.oui','Sonos, Inc.','makers','[]',NULL);
CREATE TABLE runs (
	id TEXT NOT NULL, 
	written BIGINT NOT NULL, 
	tool_version TEXT NOT NULL, 
	tool_sha256 TEXT, 
	signatures_sha256 TEXT, 
	worst TEXT, 
	failures INTEGER NOT NULL, 
	bounds JSON NOT NULL, 
	CONSTRAINT pk_runs PRIMARY KEY (id)
);
INSERT INTO "runs" VALUES('r7b117b8cb13a',1700000000000000,'0.0.test','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb','violated',0,'{}');
INSERT INTO "runs" VALUES('rf1ba5205f798',1700000000000001,'0.0.test','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb','insufficient_evidence',0,'{}');
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
INSERT INTO "traffic" VALUES('r7b117b8cb13a','00:11:32:4e:51:0a',472222,'cleartext','local',1);
INSERT INTO "traffic" VALUES('r7b117b8cb13a','00:11:32:4e:51:0a',472223,'cleartext','local',101);
INSERT INTO "traffic" VALUES('r7b117b8cb13a','00:11:32:4e:51:0a',472224,'cleartext','local',201);
INSERT INTO "traffic" VALUES('r7b117b8cb13a','a4:c3:f0:17:6d:05',472222,'cleartext','local',1);
INSERT INTO "traffic" VALUES('r7b117b8cb13a','a4:c3:f0:17:6d:05',472223,'cleartext','local',101);
INSERT INTO "traffic" VALUES('r7b117b8cb13a','a4:c3:f0:17:6d:05',472224,'cleartext','local',201);
INSERT INTO "traffic" VALUES('rf1ba5205f798','3c:a6:2f:4e:51:01',472222,'cleartext','local',1);
INSERT INTO "traffic" VALUES('rf1ba5205f798','3c:a6:2f:4e:51:01',472223,'cleartext','local',101);
INSERT INTO "traffic" VALUES('rf1ba5205f798','3c:a6:2f:4e:51:01',472224,'cleartext','local',201);
INSERT INTO "traffic" VALUES('rf1ba5205f798','5c:aa:fd:4e:51:71',472222,'cleartext','local',1);
INSERT INTO "traffic" VALUES('rf1ba5205f798','5c:aa:fd:4e:51:71',472223,'cleartext','local',101);
INSERT INTO "traffic" VALUES('rf1ba5205f798','5c:aa:fd:4e:51:71',472224,'cleartext','local',201);
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
INSERT INTO "verdicts" VALUES('r7b117b8cb13a','00:11:32:4e:51:0a','no_default_passwords',0,'violated','["2e6dfa94dfc8", "51957623ff72", "025015867b40"]','{"hours": 0.001, "hours_active": null, "hours_idle": null, "boots": 0, "set_up_seen": false, "set_up_sign": null, "flows": 9, "flows_served": 5, "flows_outside": 0, "logins": 5, "bytes": 3102, "bytes_understood": 3102, "encrypted_share": 0.0, "no_parser": {}, "handshakes": 0, "certificates_hidden": 0, "packets_lost": 0}',NULL);
INSERT INTO "verdicts" VALUES('r7b117b8cb13a','00:11:32:4e:51:0a','vulnerability_disclosure',1,'on_record','["On record: https://www.synology.com/de-de/security/bounty_program#scope_and_reward, contact bounty@synology.com; times that it states are not known to us (disclose/diodb, program-list.json 44351ee, 2026-07-12)."]','{"hours": 0.001, "hours_active": null, "hours_idle": null, "boots": 0, "set_up_seen": false, "set_up_sign": null, "flows": 9, "flows_served": 5, "flows_outside": 0, "logins": 5, "bytes": 3102, "bytes_understood": 3102, "encrypted_share": 0.0, "no_parser": {}, "handshakes": 0, "certificates_hidden": 0, "packets_lost": 0}',NULL);
INSERT INTO "verdicts" VALUES('r7b117b8cb13a','00:11:32:4e:51:0a','software_updates',2,'insufficient_evidence','["Traffic can raise a concern or give a sign here and did neither, which says nothing. Install an update; examine its signature.", "Traffic can raise a concern or give a sign here and did neither, which says nothing. Look into the settings.", "Traffic can raise a concern or give a sign here and did neither, which says nothing. Watch the device for longer than the maker''s stated period.", "Traffic can raise a concern or give a sign here and did neither, which says nothing. Examine the update''s signature and its check on the device.", "Traffic can raise a concern or give a sign here and did neither, which says nothing. Compare the maker''s releases with the dates of the flaws they mend.", "Traffic can raise a concern or give a sign here and did neither, which says nothing. Offer an update from another server."]','{"hours": 0.001, "hours_active": null, "hours_idle": null, "boots": 0, "set_up_seen": false, "set_up_sign": null, "flows": 9, "flows_served": 5, "flows_outside": 0, "logins": 5, "bytes": 3102, "bytes_understood": 3102, "encrypted_share": 0.0, "no_parser": {}, "handshakes": 0, "certificates_hidden": 0, "packets_lost": 0}',NULL);
INSERT INTO "verdicts" VALUES('r7b117b8cb13a','00:11:32:4e:51:0a','secure_communication',3,'concern','["d530c63fd145", "d1cd5e71c1dc", "2e6dfa94dfc8", "51957623ff72"]','{"hours": 0.001, "hours_active": null, "hours_idle": null, "boots": 0, "set_up_seen": false, "set_up_sign": null, "flows": 9, "flows_served": 5, "flows_outside": 0, "logins": 5, "bytes": 3102, "bytes_understood": 3102, "encrypted_share": 0.0, "no_parser": {}, "handshakes": 0, "certificates_hidden": 0, "packets_lost": 0}',NULL);
INSERT INTO "verdicts" VALUES('r7b117b8cb13a','00:11:32:4e:51:0a','personal_data',4,'insufficient_evidence','["Nothing against it, but too little was seen: 0 hours of listening (at least 24), 9 conversations (at least 10), 0 conversations with something outside the local network (at least 1)."]','{"hours": 0.001, "hours_active": null, "hours_idle": null, "boots": 0, "set_up_seen": false, "set_up_sign": null, "flows": 9, "flows_served": 5, "flows_outside": 0, "logins": 5, "bytes": 3102, "bytes_understood": 3102, "encrypted_share": 0.0, "no_parser": {}, "handshakes": 0, "certificates_hidden": 0, "packets_lost": 0}',NULL);
INSERT INTO "verdicts" VALUES('r7b117b8cb13a','a4:c3:f0:17:6d:05','no_default_passwords',5,'insufficient_evidence','["Nothing against it, but too little was seen: 0 hours of listening (at least 24), 9 conversations (at least 10), 0 logins to the device (at least 1).", "Traffic can raise a concern or give a sign here and did neither, which says nothing. Ask the maker how passwords are generated; compare several units.", "Nothing against it, but too little was seen: 0 hours of listening (at least 24), 9 conversations (at least 10)."]','{"hours": 0.001, "hours_active": null, "hours_idle": null, "boots": 0, "set_up_seen": false, "set_up_sign": null, "flows": 9, "flows_served": 0, "flows_outside": 0, "logins": 0, "bytes": 3102, "bytes_understood": 3102, "encrypted_share": 0.0, "no_parser": {}, "handshakes": 0, "certificates_hidden": 0, "packets_lost": 0}',NULL);
INSERT INTO "verdicts" VALUES('r7b117b8cb13a','a4:c3:f0:17:6d:05','vulnerability_disclosure',6,'not_observable','["Traffic cannot show this. Look for the maker''s policy and security.txt (RFC 9116): contact, time to the first answer, times of further ones.", "Traffic cannot show this. Ask the maker for the record of past reports.", "Traffic cannot show this. Ask the maker how."]','{"hours": 0.001, "hours_active": null, "hours_idle": null, "boots": 0, "set_up_seen": false, "set_up_sign": null, "flows": 9, "flows_served": 0, "flows_outside": 0, "logins": 0, "bytes": 3102, "bytes_understood": 3102, "encrypted_share": 0.0, "no_parser": {}, "handshakes": 0, "certificates_hidden": 0, "packets_lost": 0}',NULL);
INSERT INTO "verdicts" VALUES('r7b117b8cb13a','a4:c3:f0:17:6d:05','software_updates',7,'insufficient_evidence','["Traffic can raise a concern or give a sign here and did neither, which says nothing. Install an update; examine its signature.", "Traffic can raise a concern or give a sign here and did neither, which says nothing. Look into the settings.", "Traffic can raise a concern or give a sign here and did neither, which says nothing. Watch the device for longer than the maker''s stated period.", "Traffic can raise a concern or give a sign here and did neither, which says nothing. Examine the update''s signature and its check on the device.", "Traffic can raise a concern or give a sign here and did neither, which says nothing. Compare the maker''s releases with the dates of the flaws they mend.", "Traffic can raise a concern or give a sign here and did neither, which says nothing. Offer an update from another server."]','{"hours": 0.001, "hours_active": null, "hours_idle": null, "boots": 0, "set_up_seen": false, "set_up_sign": null, "flows": 9, "flows_served": 0, "flows_outside": 0, "logins": 0, "bytes": 3102, "bytes_understood": 3102, "encrypted_share": 0.0, "no_parser": {}, "handshakes": 0, "certificates_hidden": 0, "packets_lost": 0}',NULL);
INSERT INTO "verdicts" VALUES('r7b117b8cb13a','a4:c3:f0:17:6d:05','secure_communication',8,'concern','["6ff2f35feea5", "acbc4905a286"]','{"hours": 0.001, "hours_active": null, "hours_idle": null, "boots": 0, "set_up_seen": false, "set_up_sign": null, "flows": 9, "flows_served": 0, "flows_outside": 0, "logins": 0, "bytes": 3102, "bytes_understood": 3102, "encrypted_share": 0.0, "no_parser": {}, "handshakes": 0, "certificates_hidden": 0, "packets_lost": 0}',NULL);
INSERT INTO "verdicts" VALUES('r7b117b8cb13a','a4:c3:f0:17:6d:05','personal_data',9,'insufficient_evidence','["Nothing against it, but too little was seen: 0 hours of listening (at least 24), 9 conversations (at least 10), 0 conversations with something outside the local network (at least 1)."]','{"hours": 0.001, "hours_active": null, "hours_idle": null, "boots": 0, "set_up_seen": false, "set_up_sign": null, "flows": 9, "flows_served": 0, "flows_outside": 0, "logins": 0, "bytes": 3102, "bytes_understood": 3102, "encrypted_share": 0.0, "no_parser": {}, "handshakes": 0, "certificates_hidden": 0, "packets_lost": 0}',NULL);
INSERT INTO "verdicts" VALUES('rf1ba5205f798','5c:aa:fd:4e:51:71','no_default_passwords',0,'insufficient_evidence','["Nothing against it, but too little was seen: 0 hours of listening (at least 24), 0 logins to the device (at least 1).", "Traffic can raise a concern or give a sign here and did neither, which says nothing. Ask the maker how passwords are generated; compare several units.", "Nothing against it, but too little was seen: 0 hours of listening (at least 24)."]','{"hours": 0.0041, "hours_active": null, "hours_idle": null, "boots": 0, "set_up_seen": false, "set_up_sign": null, "flows": 17, "flows_served": 0, "flows_outside": 0, "logins": 0, "bytes": 1632, "bytes_understood": 1632, "encrypted_share": 0.0, "no_parser": {}, "handshakes": 0, "certificates_hidden": 0, "packets_lost": 0}',NULL);
INSERT INTO "verdicts" VALUES('rf1ba5205f798','5c:aa:fd:4e:51:71','vulnerability_disclosure',1,'none_on_record','["A policy of Sonos is not known to us, which says nothing of whether there is one. Look for the maker''s policy and security.txt (RFC 9116): contact, time to the first answer, times of further ones."]','{"hours": 0.0041, "hours_active": null, "hours_idle": null, "boots": 0, "set_up_seen": false, "set_up_sign": null, "flows": 17, "flows_served": 0, "flows_outside": 0, "logins": 0, "bytes": 1632, "bytes_understood": 1632, "encrypted_share": 0.0, "no_parser": {}, "handshakes": 0, "certificates_hidden": 0, "packets_lost": 0}',NULL);
INSERT INTO "verdicts" VALUES('rf1ba5205f798','5c:aa:fd:4e:51:71','software_updates',2,'insufficient_evidence','["Traffic can raise a concern or give a sign here and did neither, which says nothing. Install an update; examine its signature.", "Traffic can raise a concern or give a sign here and did neither, which says nothing. Look into the settings.", "Traffic can raise a concern or give a sign here and did neither, which says nothing. Watch the device for longer than the maker''s stated period.", "Traffic can raise a concern or give a sign here and did neither, which says nothing. Examine the update''s signature and its check on the device.", "Traffic can raise a concern or give a sign here and did neither, which says nothing. Compare the maker''s releases with the dates of the flaws they mend.", "Traffic can raise a concern or give a sign here and did neither, which says nothing. Offer an update from another server."]','{"hours": 0.0041, "hours_active": null, "hours_idle": null, "boots": 0, "set_up_seen": false, "set_up_sign": null, "flows": 17, "flows_served": 0, "flows_outside": 0, "logins": 0, "bytes": 1632, "bytes_understood": 1632, "encrypted_share": 0.0, "no_parser": {}, "handshakes": 0, "certificates_hidden": 0, "packets_lost": 0}',NULL);
INSERT INTO "verdicts" VALUES('rf1ba5205f798','5c:aa:fd:4e:51:71','secure_communication',3,'insufficient_evidence','["Nothing against it, but too little was seen: 0 hours of listening (at least 24).", "Nothing against it, but too little was seen: 0 hours of listening (at least 24), 0 conversations in which somebody used the device (at least 1)."]','{"hours": 0.0041, "hours_active": null, "hours_idle": null, "boots": 0, "set_up_seen": false, "set_up_sign": null, "flows": 17, "flows_served": 0, "flows_outside": 0, "logins": 0, "bytes": 1632, "bytes_understood": 1632, "encrypted_share": 0.0, "no_parser": {}, "handshakes": 0, "certificates_hidden": 0, "packets_lost": 0}',NULL);
INSERT INTO "verdicts" VALUES('rf1ba5205f798','5c:aa:fd:4e:51:71','personal_data',4,'insufficient_evidence','["Nothing against it, but too little was seen: 0 hours of listening (at least 24), 0 conversations with something outside the local network (at least 1)."]','{"hours": 0.0041, "hours_active": null, "hours_idle": null, "boots": 0, "set_up_seen": false, "set_up_sign": null, "flows": 17, "flows_served": 0, "flows_outside": 0, "logins": 0, "bytes": 1632, "bytes_understood": 1632, "encrypted_share": 0.0, "no_parser": {}, "handshakes": 0, "certificates_hidden": 0, "packets_lost": 0}',NULL);
CREATE INDEX ix_runs_written ON runs (written);
CREATE INDEX ix_devices_id ON devices (id);
CREATE INDEX ix_findings_rule ON findings (rule);
CREATE INDEX ix_findings_run_device ON findings (run, device);
COMMIT;
