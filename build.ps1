<#
.SYNOPSIS
Builds MirrorTools and stages the importable module, agent included, in out/MirrorTools.
.EXAMPLE
./build.ps1
Import-Module ./out/MirrorTools
.EXAMPLE
./build.ps1 -Configuration Release -Test
#>
[CmdletBinding()]
param(
    [ValidateSet('Debug', 'Release')]
    [string] $Configuration = 'Debug',

    # Builds and runs all tests too, those of the module included.
    [switch] $Test
)

$ErrorActionPreference = 'Stop'
$project = if ($Test) { 'MirrorTools.sln' } else { 'module/MirrorTools.Module.csproj' }

Push-Location $PSScriptRoot
try {
    dotnet build $project --configuration $Configuration --nologo
    if ($LASTEXITCODE -ne 0) { throw "The build failed with code $LASTEXITCODE." }

    if ($Test) {
        dotnet test MirrorTools.sln --configuration $Configuration --no-build --nologo
        if ($LASTEXITCODE -ne 0) { throw "Tests failed with code $LASTEXITCODE." }
        & ./tests/Module/run.ps1
        if ($LASTEXITCODE -ne 0) { throw "Tests of the module failed with code $LASTEXITCODE." }
    }
}
finally {
    Pop-Location
}
