using MirrorTools.Simulation.Faults;
using MirrorTools.Simulation.Scheduling;
using Xunit;

namespace MirrorTools.Simulation.Tests.Faults;

public sealed class FaultPlanTests
{
    private const string Text = """
        step:120 kill site1
        time:1.25s partition site1 site2 30s
        mark:C.write#12 power-off site2
        """;

    [Fact]
    public void A_plan_reads_back_as_it_is_written()
    {
        var plan = FaultPlan.Parse("# why this plan is kept\n\n" + Text);
        Assert.Equal(3, plan.Actions.Count);
        Assert.Equal(Text.ReplaceLineEndings("\n"), plan.ToString());
        Assert.Equal(plan.ToString(), FaultPlan.Parse(plan.ToString()).ToString());
    }

    [Theory]
    [InlineData("kill site1")]
    [InlineData("step:x kill site1")]
    [InlineData("mark:C.write kill site1")]
    [InlineData("time:1s")]
    public void A_line_that_is_no_action_is_refused(string line) => Assert.Throws<FormatException>(() => FaultPlan.Parse(line));

    [Fact]
    public void Actions_strike_at_their_triggers_and_what_was_done_is_a_plan()
    {
        var scheduler = new SimScheduler(1);
        var runner = new FaultPlanRunner(scheduler, FaultPlan.Parse(Text));
        var struck = new List<string>();
        foreach (var verb in (string[])["kill", "partition", "power-off", "heal"])
        {
            runner.Handle(verb, arguments => struck.Add($"{verb} {string.Join(' ', arguments)} at {(verb == "kill" ? scheduler.Step >= 120 : scheduler.Now.TotalSeconds)}"));
        }

        scheduler.Run(async () =>
        {
            for (var i = 0; i < 20; i++)
            {
                await Task.Delay(TimeSpan.FromSeconds(0.1), scheduler.World.Time);
                runner.Reach("C.write");
            }

            for (var i = 0; i < 200; i++)
            {
                await Task.Yield();
            }

            runner.Do("heal", "site1", "site2");
        });
        Assert.Equal(["power-off site2 at 1.2", "partition site1 site2 30s at 1.25", "kill site1 at True", "heal site1 site2 at 2"], struck);
        Assert.Equal("time:2s heal site1 site2", runner.Done.Actions[^1].ToString());
    }
}
