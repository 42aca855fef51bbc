# SpamAssassin's judgement of messages, one a line: the file, then the rules that it broke, without asking the network.
# Arguments: the folder of its rules, that of its plugins' list, the files.
use strict;
use warnings;
use Mail::SpamAssassin;

my ($rules, $site, @files) = @ARGV;
my $judge = Mail::SpamAssassin->new({
    rules_filename => $rules,
    site_rules_filename => $site,
    local_tests_only => 1,
    dont_copy_prefs => 1,
    userprefs_filename => "/dev/null",
    userstate_dir => "/nonexistent",
    home_dir_for_helpers => "/nonexistent",
    post_config_text => "use_bayes 0\n",
});
for my $file (@files) {
    open(my $octets, "<:raw", $file) or die "$file: $!\n";
    my $message = $judge->parse($octets);
    my $verdict = $judge->check($message);
    print join("\t", $file, $verdict->get_names_of_tests_hit), "\n";
    $verdict->finish;
    $message->finish;
}
