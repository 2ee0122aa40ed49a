namespace MirrorTools.Engine.Tests.SyncCache.Hardening;

/// <summary>What a run of the model tried.</summary>
internal sealed class HardeningTally
{
    public int Completed { get; set; }

    public int LostAnnounced { get; set; }

    public int LostHardening { get; set; }

    public int Late { get; set; }

    public int Overwritten { get; set; }

    public int SentAgain { get; set; }

    public int Helped { get; set; }

    public override string ToString() =>
        $"{Completed} completed, lost {LostAnnounced} announced and {LostHardening} hardening, {Late} late, {Overwritten} overwritten, {SentAgain} sent again, {Helped} helped";
}
