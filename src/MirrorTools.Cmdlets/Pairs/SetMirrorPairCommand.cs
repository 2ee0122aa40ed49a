using System.Management.Automation;
using MirrorTools.Cmdlets.Display;
using MirrorTools.Cmdlets.Input;
using MirrorTools.Contracts.Pairs;

namespace MirrorTools.Cmdlets.Pairs;

/// <summary>Changes the name or the policies of a pair.</summary>
[Cmdlet(VerbsCommon.Set, "MirrorPair", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(MirrorPair))]
public sealed class SetMirrorPairCommand : PairChangingCmdlet
{
    /// <summary>A new name.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? NewName { get; set; }

    /// <summary>What a host write to an uncopied grain does first.</summary>
    [Parameter]
    public WritePolicy? WritePolicy { get; set; }

    /// <summary>After how long a write that waits for site 2 does without it.</summary>
    [Parameter]
    [Duration]
    public TimeSpan? WriteDeadline { get; set; }

    /// <summary>How long writes stay held for a point of a group over several agents before they go on and the point is given up: 10 ms to 30 s.</summary>
    [Parameter]
    [Duration]
    public TimeSpan? RunTimer { get; set; }

    /// <summary>AsyncCopy: how long an increment may take before it is given up: 1 s to 30 days.</summary>
    [Parameter]
    [Duration]
    public TimeSpan? MaximumIncrement { get; set; }

    /// <summary>AsyncCopy: what a write to a grain does that is still to be sent.</summary>
    [Parameter]
    public CollisionPolicy? CollisionPolicy { get; set; }

    /// <summary>SyncCache: how grains are hardened.</summary>
    [Parameter]
    public HardeningMethod? HardeningMethod { get; set; }

    /// <summary>AsyncCopy: how many committed points to keep, 1 to 32.</summary>
    [Parameter]
    [ValidateRange(1, 32)]
    public int? RetainPoints { get; set; }

    /// <inheritdoc/>
    protected override void Change(string name)
    {
        var pair = Ask((client, cancel) => client.Pairs.GetAsync(name, cancel));
        if (Enum.TryParse<CopyService>(pair.Service, ignoreCase: true, out var service))
        {
            ServiceParameters.Check(service, MyInvocation.BoundParameters.Keys, name);
        }

        var body = new SetPairRequest
        {
            NewName = NewName,
            WritePolicy = WritePolicy?.ToString(),
            WriteDeadlineMs = Wire.Milliseconds(WriteDeadline),
            RunTimerMs = Wire.Milliseconds(RunTimer),
            MaximumIncrementMs = Wire.Milliseconds(MaximumIncrement),
            CollisionPolicy = CollisionPolicy?.ToString(),
            HardeningMethod = HardeningMethod?.ToString(),
            RetainPoints = RetainPoints,
        };
        if (Confirmed(ConfirmImpact.Medium, name, "Change the pair"))
        {
            Pass(Ask((client, cancel) => client.Pairs.SetAsync(name, body, cancel)));
        }
    }
}
